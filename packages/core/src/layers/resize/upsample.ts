import type * as tf from '@tensorflow/tfjs-core';
import { interpolate, type InterpolateOptions } from '../../functional/interpolate/index.js';
import { Module, type UnaryModule } from '../../module/index.js';

/** Resizes [batch, …spatial, channels]; see functional.interpolate. */
export class Upsample extends Module implements UnaryModule {
  constructor(readonly options: InterpolateOptions) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return interpolate(x, this.options);
  }
}

/** Bilinear {@link Upsample} that maps corner centres onto corner centres. */
export class UpsamplingBilinear2d extends Upsample {
  constructor(options: Pick<InterpolateOptions, 'size' | 'scaleFactor'>) {
    super({ ...options, mode: 'bilinear', alignCorners: true });
  }
}

/** {@link Upsample} by repeating elements. */
export class UpsamplingNearest2d extends Upsample {
  constructor(options: Pick<InterpolateOptions, 'size' | 'scaleFactor'>) {
    super({ ...options, mode: 'nearest' });
  }
}
