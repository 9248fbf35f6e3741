import type * as tf from '@tensorflow/tfjs-core';
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  lpPool1d,
  lpPool2d,
  lpPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type AvgPoolOptions,
  type MaxPoolOptions,
  type OutputSize,
  type PoolOptions,
} from '../../functional/pooling/index.js';
import { Module, type UnaryModule } from '../../module/index.js';

/** A module that is a function with fixed options. */
abstract class Pool<Options> extends Module implements UnaryModule {
  constructor(
    readonly options: Options,
    fn: (x: tf.Tensor, options: Options) => tf.Tensor,
  ) {
    super();
    this.#fn = fn;
  }

  readonly #fn: (x: tf.Tensor, options: Options) => tf.Tensor;

  /** x [batch, …spatial, channels], or without batch. */
  forward(x: tf.Tensor): tf.Tensor {
    return this.#fn(x, this.options);
  }
}

/** Maxima over windows of [batch, length, channels]. */
export class MaxPool1d extends Pool<MaxPoolOptions> {
  constructor(options: MaxPoolOptions) {
    super(options, maxPool1d);
  }
}

/** Maxima over windows of [batch, height, width, channels]. */
export class MaxPool2d extends Pool<MaxPoolOptions> {
  constructor(options: MaxPoolOptions) {
    super(options, maxPool2d);
  }
}

/** Maxima over windows of [batch, depth, height, width, channels]. */
export class MaxPool3d extends Pool<MaxPoolOptions> {
  constructor(options: MaxPoolOptions) {
    super(options, maxPool3d);
  }
}

/** Means over windows of [batch, length, channels]. */
export class AvgPool1d extends Pool<AvgPoolOptions> {
  constructor(options: AvgPoolOptions) {
    super(options, avgPool1d);
  }
}

/** Means over windows of [batch, height, width, channels]. */
export class AvgPool2d extends Pool<AvgPoolOptions> {
  constructor(options: AvgPoolOptions) {
    super(options, avgPool2d);
  }
}

/** Means over windows of [batch, depth, height, width, channels]. */
export class AvgPool3d extends Pool<AvgPoolOptions> {
  constructor(options: AvgPoolOptions) {
    super(options, avgPool3d);
  }
}

/** p-norms over windows of [batch, length, channels]. */
export class LPPool1d extends Pool<Omit<PoolOptions, 'padding'>> {
  constructor(normType: number, options: Omit<PoolOptions, 'padding'>) {
    super(options, (x, given) => lpPool1d(x, normType, given));
  }
}

/** p-norms over windows of [batch, height, width, channels]. */
export class LPPool2d extends Pool<Omit<PoolOptions, 'padding'>> {
  constructor(normType: number, options: Omit<PoolOptions, 'padding'>) {
    super(options, (x, given) => lpPool2d(x, normType, given));
  }
}

/** p-norms over windows of [batch, depth, height, width, channels]. */
export class LPPool3d extends Pool<Omit<PoolOptions, 'padding'>> {
  constructor(normType: number, options: Omit<PoolOptions, 'padding'>) {
    super(options, (x, given) => lpPool3d(x, normType, given));
  }
}

/** Means of [batch, length, channels] over `outputSize` even windows. */
export class AdaptiveAvgPool1d extends Pool<OutputSize> {
  constructor(outputSize: OutputSize) {
    super(outputSize, adaptiveAvgPool1d);
  }
}

/** Means of [batch, height, width, channels] over even windows; null keeps an axis. */
export class AdaptiveAvgPool2d extends Pool<OutputSize> {
  constructor(outputSize: OutputSize) {
    super(outputSize, adaptiveAvgPool2d);
  }
}

/** Means of [batch, depth, height, width, channels] over even windows; null keeps an axis. */
export class AdaptiveAvgPool3d extends Pool<OutputSize> {
  constructor(outputSize: OutputSize) {
    super(outputSize, adaptiveAvgPool3d);
  }
}

/** Maxima of [batch, length, channels] over `outputSize` even windows. */
export class AdaptiveMaxPool1d extends Pool<OutputSize> {
  constructor(outputSize: OutputSize) {
    super(outputSize, adaptiveMaxPool1d);
  }
}

/** Maxima of [batch, height, width, channels] over even windows; null keeps an axis. */
export class AdaptiveMaxPool2d extends Pool<OutputSize> {
  constructor(outputSize: OutputSize) {
    super(outputSize, adaptiveMaxPool2d);
  }
}

/** Maxima of [batch, depth, height, width, channels] over even windows; null keeps an axis. */
export class AdaptiveMaxPool3d extends Pool<OutputSize> {
  constructor(outputSize: OutputSize) {
    super(outputSize, adaptiveMaxPool3d);
  }
}
