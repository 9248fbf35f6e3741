import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { pad, type PadMode } from '../../functional/padding/index.js';
import { Module, type UnaryModule } from '../../module/index.js';

/**
 * As torch takes it: one number for all sides, or two a spatial axis, LAST axis first: [left, right], [left, right, top, bottom],
 * [left, right, top, bottom, front, back].
 */
export type LayerPadding = number | readonly number[];

abstract class Padding extends Module implements UnaryModule {
  readonly #pads: Array<readonly [number, number]>;
  readonly #mode: PadMode;
  readonly #value: number;

  constructor(padding: LayerPadding, axes: number, mode: PadMode, value = 0) {
    super();
    const sides = typeof padding === 'number' ? Array.from({ length: 2 * axes }, () => padding) : padding;
    check(
      sides.length === 2 * axes && sides.every((n) => Number.isInteger(n)),
      () => `${this.constructor.name} takes a whole number or ${2 * axes} of them, got ${JSON.stringify(padding)}`,
    );
    this.#pads = Array.from({ length: axes }, (_, axis) => {
      const at = 2 * (axes - 1 - axis);
      return [sides[at]!, sides[at + 1]!];
    });
    this.#mode = mode;
    this.#value = value;
  }

  /** x [batch, …spatial, channels]. */
  forward(x: tf.Tensor): tf.Tensor {
    return pad(x, this.#pads, { mode: this.#mode, value: this.#value });
  }
}

/** Adds `value` around [batch, length, channels]; negative padding takes away. */
export class ConstantPad1d extends Padding {
  constructor(padding: LayerPadding, value: number) {
    super(padding, 1, 'constant', value);
  }
}

/** Adds `value` around [batch, height, width, channels]; negative padding takes away. */
export class ConstantPad2d extends Padding {
  constructor(padding: LayerPadding, value: number) {
    super(padding, 2, 'constant', value);
  }
}

/** Adds `value` around [batch, depth, height, width, channels]; negative padding takes away. */
export class ConstantPad3d extends Padding {
  constructor(padding: LayerPadding, value: number) {
    super(padding, 3, 'constant', value);
  }
}

/** Adds zeros around [batch, length, channels]. */
export class ZeroPad1d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 1, 'constant');
  }
}

/** Adds zeros around [batch, height, width, channels]. */
export class ZeroPad2d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 2, 'constant');
  }
}

/** Adds zeros around [batch, depth, height, width, channels]. */
export class ZeroPad3d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 3, 'constant');
  }
}

/** Mirrors at the border elements of [batch, length, channels]. */
export class ReflectionPad1d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 1, 'reflect');
  }
}

/** Mirrors at the border elements of [batch, height, width, channels]. */
export class ReflectionPad2d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 2, 'reflect');
  }
}

/** Mirrors at the border elements of [batch, depth, height, width, channels]. */
export class ReflectionPad3d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 3, 'reflect');
  }
}

/** Repeats the border elements of [batch, length, channels]. */
export class ReplicationPad1d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 1, 'replicate');
  }
}

/** Repeats the border elements of [batch, height, width, channels]. */
export class ReplicationPad2d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 2, 'replicate');
  }
}

/** Repeats the border elements of [batch, depth, height, width, channels]. */
export class ReplicationPad3d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 3, 'replicate');
  }
}

/** Continues periodically [batch, length, channels]. */
export class CircularPad1d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 1, 'circular');
  }
}

/** Continues periodically [batch, height, width, channels]. */
export class CircularPad2d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 2, 'circular');
  }
}

/** Continues periodically [batch, depth, height, width, channels]. */
export class CircularPad3d extends Padding {
  constructor(padding: LayerPadding) {
    super(padding, 3, 'circular');
  }
}
