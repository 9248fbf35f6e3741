import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { dropTogether } from '../../functional/dropout/drop.js';
import { scope } from '../../memory.js';
import { Module, type UnaryModule } from '../../module/index.js';
import { defaultGenerator, type Generator } from '../../random/index.js';

/** What the dropout layers share; they differ in which values fall together. */
abstract class DropoutLayer extends Module implements UnaryModule {
  readonly #generator: Generator | undefined;

  /** @param p probability of dropping. The generator defaults to the default one at the time of each call. */
  constructor(
    readonly p = 0.5,
    options: { generator?: Generator } = {},
  ) {
    super();
    check(p >= 0 && p <= 1, `dropout probability must be between 0 and 1, got ${p}`);
    this.#generator = options.generator;
  }

  /** Shape of the mask that is broadcast over an input of this shape. */
  protected abstract maskShape(shape: readonly number[]): number[];

  /** Training: drops, and scales the rest so that the expectation stays. Evaluation: the input. */
  forward(x: tf.Tensor): tf.Tensor {
    if (!this.training || this.p === 0) return tf.clone(x);
    const generator = this.#generator ?? defaultGenerator();
    return scope(() => dropTogether(x, this.maskShape(x.shape), this.p, generator));
  }
}

/** Drops single values (Srivastava et al. 2014, JMLR 15). */
export class Dropout extends DropoutLayer {
  protected maskShape(shape: readonly number[]): number[] {
    return [...shape];
  }
}

/** Drops whole channels of [N, ..., C] (Tompson et al. 2015, arXiv:1411.4280). */
abstract class ChannelDropout extends DropoutLayer {
  protected abstract readonly rank: number;

  protected maskShape(shape: readonly number[]): number[] {
    check(
      shape.length === this.rank,
      () => `${this.constructor.name} takes ${this.rank} axes with channels last, got shape [${shape.join(', ')}]`,
    );
    return shape.map((size, axis) => (axis === 0 || axis === shape.length - 1 ? size : 1));
  }
}

/** Drops whole channels of [N, L, C]. */
export class Dropout1d extends ChannelDropout {
  protected readonly rank = 3;
}

/** Drops whole channels of [N, H, W, C]. */
export class Dropout2d extends ChannelDropout {
  protected readonly rank = 4;
}

/** Drops whole channels of [N, D, H, W, C]. */
export class Dropout3d extends ChannelDropout {
  protected readonly rank = 5;
}

/**
 * Stochastic depth: drops whole samples of a residual branch (Huang et al. 2016, arXiv:1603.09382), as timm's DropPath.
 */
export class DropPath extends DropoutLayer {
  readonly scaleByKeep: boolean;

  constructor(p = 0, options: { scaleByKeep?: boolean; generator?: Generator } = {}) {
    super(p, options);
    this.scaleByKeep = options.scaleByKeep ?? true;
  }

  protected maskShape(shape: readonly number[]): number[] {
    return shape.map((size, axis) => (axis === 0 ? size : 1));
  }

  override forward(x: tf.Tensor): tf.Tensor {
    if (this.scaleByKeep || !this.training) return super.forward(x);
    return scope(() => tf.mul(super.forward(x), 1 - this.p));
  }
}
