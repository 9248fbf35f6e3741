import * as tf from '@tensorflow/tfjs-core';
import type { MaskedScaleAttrs, MaskedScaleInputs } from './spec.js';

export function maskedScale({ x, mask }: MaskedScaleInputs, { scale }: MaskedScaleAttrs): tf.Tensor[] {
  return [tf.mul(x, tf.mul(tf.cast(mask, 'float32'), scale))];
}
