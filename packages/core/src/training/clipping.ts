import * as tf from '@tensorflow/tfjs-core';
import { GradientNorms } from '../kernels/gradient-norms/spec.js';
import type { Parameter } from '../module/parameter.js';

/** Gradients by parameter. */
export type Gradients = ReadonlyMap<Parameter, tf.Tensor>;

/** Euclidean norm of each gradient, in the order of the map; one read for all. */
export async function gradientNorms(gradients: Gradients): Promise<Float32Array> {
  if (gradients.size === 0) return new Float32Array(0);
  const list = [...gradients.values()];
  const norms = GradientNorms.run(Object.fromEntries(list.entries()), {})[0]!;
  try {
    return (await norms.data()) as Float32Array;
  } finally {
    norms.dispose();
  }
}

/** Norm of all gradients together, from the norm of each. */
export function totalNorm(norms: Float32Array): number {
  return Math.hypot(...norms);
}

/** New gradients, each times `factor`. */
export function scaleGradients(gradients: Gradients, factor: number): Map<Parameter, tf.Tensor> {
  return new Map(Array.from(gradients, ([parameter, gradient]) => [parameter, tf.mul(gradient, factor)]));
}
