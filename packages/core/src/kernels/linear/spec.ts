import type * as tf from '@tensorflow/tfjs-core';
import type { FusedActivation } from '../../module/index.js';
import { ownKernel } from '../own.js';

export interface LinearInputs {
  /** float32 [..., inputs]. */
  readonly x: tf.Tensor;
  /** float32 [inputs, outputs]. */
  readonly weight: tf.Tensor;
}

/** x weight + bias, and then the activation if there is one: [..., outputs]; the bias is [outputs] or left out. */
export const Linear = ownKernel<
  LinearInputs & { readonly bias: tf.Tensor | undefined },
  { readonly activation: FusedActivation | null }
>('Linear');

/** Gradients of {@link Linear} without activation from that of its output: by x, by the weight, and with `bias` by the bias. */
export const LinearGradient = ownKernel<LinearInputs & { readonly dy: tf.Tensor }, { readonly bias: boolean }>(
  'LinearGradient',
);
