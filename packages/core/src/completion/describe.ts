import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from '../gradients/index.js';
import { composedKernels, registerCompositions } from './index.js';

/** Where a kernel of a backend comes from: TFJS, or core because TFJS has none, a wrong one or a slow one. */
export type KernelOrigin = 'tfjs' | 'absent' | 'wrong' | 'slow';

/** `none`: nothing to differentiate, as for strings, indices and constants. */
export type KernelGradient = 'yes' | 'no' | 'none';

export interface KernelDescription {
  readonly kernelName: string;
  readonly origin: KernelOrigin;
  readonly gradient: KernelGradient;
}

/** Kernels whose results are constants, indices, counts or text. */
const nothingToDifferentiate = new Set<string>([
  tf.Bincount,
  tf.BitwiseAnd,
  tf.BroadcastArgs,
  tf.DenseBincount,
  tf.Draw,
  tf.Fill,
  tf.LinSpace,
  tf.LogicalXor,
  tf.NonMaxSuppressionV3,
  tf.NonMaxSuppressionV4,
  tf.NonMaxSuppressionV5,
  tf.RaggedRange,
  tf.Range,
  tf.SearchSorted,
  tf.SparseReshape,
  tf.StaticRegexReplace,
  tf.StringNGrams,
  tf.StringSplit,
  tf.StringToHashBucketFast,
  tf.Unique,
]);

/** The kernels of a backend that is loaded, in alphabetical order, as they are after core has completed it. */
export function describeKernels(backend: string): KernelDescription[] {
  registerGradients();
  registerCompositions(backend);
  const composed = composedKernels(backend);
  return tf
    .getKernelsForBackend(backend)
    .map(({ kernelName }): KernelDescription => {
      const found = tf.getGradient(kernelName) as tf.GradConfig | undefined;
      const gradient = found !== undefined ? 'yes' : nothingToDifferentiate.has(kernelName) ? 'none' : 'no';
      return { kernelName, origin: composed.get(kernelName) ?? 'tfjs', gradient };
    })
    .toSorted((a, b) => (a.kernelName < b.kernelName ? -1 : 1));
}
