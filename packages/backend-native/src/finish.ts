import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from './backend.js';
import type { Inputs } from './kernel.js';

/** Activations that the C++ does with sums in the cache; as in cpp/linalg/tile.h and cpp/linalg/finish.h. */
export const activations: Readonly<Partial<Record<tf.backend_util.Activation, number>>> = {
  linear: 0,
  relu: 1,
  relu6: 2,
  leakyrelu: 3,
  prelu: 4,
  elu: 5,
  sigmoid: 6,
};

/** Kernels that do an activation in a pass of its own. */
export const activationKernels: Readonly<Partial<Record<tf.backend_util.Activation, string>>> = {
  relu: tf.Relu,
  relu6: tf.Relu6,
  leakyrelu: tf.LeakyRelu,
  prelu: tf.Prelu,
  elu: tf.Elu,
  sigmoid: tf.Sigmoid,
};

/** Whether x has one number a column of n columns. */
export const isRow = (x: tf.TensorInfo, n: number): boolean =>
  x.shape.at(-1) === n && x.shape.slice(0, -1).every((size) => size === 1);

/** Runs another kernel of this backend. */
export function runKernel(backend: NativeBackend, name: string, inputs: Inputs, attrs: object): tf.TensorInfo {
  const config = tf.getKernel(name, 'native')!;
  return config.kernelFunc({
    inputs: inputs as tf.NamedTensorInfoMap,
    attrs: attrs as tf.NamedAttrMap,
    backend,
  }) as tf.TensorInfo;
}

/** Adds the bias to y, and applies the activation, in passes of their own; y is freed. */
export function finishInPasses(
  backend: NativeBackend,
  y: tf.TensorInfo,
  { bias, preluActivationWeights: alpha }: Inputs,
  attrs: { leakyreluAlpha?: number },
  activationKernel: string | null,
): tf.TensorInfo {
  const then = (name: string, inputs: Inputs, options: object): void => {
    const before = y;
    y = runKernel(backend, name, inputs, options);
    backend.disposeIntermediateTensorInfo(before);
  };
  if (bias != null) then(tf.Add, { a: y, b: bias }, {});
  if (activationKernel !== null) then(activationKernel, { x: y, alpha }, { alpha: attrs.leakyreluAlpha });
  return y;
}
