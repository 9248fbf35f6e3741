import * as tf from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../backend.js';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

/** Runs a C++ kernel on tensors of one shape, row by row of their last axis; null along other axes. */
export function alongLast(
  backend: NativeBackend,
  name: string,
  axis: number,
  ...inputs: readonly tf.TensorInfo[]
): tf.TensorInfo | null {
  const { shape } = inputs[0]!;
  const last = shape.length - 1;
  if (last < 0 || (axis !== -1 && axis !== last)) return null;
  if (!areFloats(...inputs) || inputs.some((x) => !tf.util.arraysEqual(x.shape, shape))) return null;
  const out = backend.output(shape, 'float32');
  const length = shape[last]!;
  const rows = tf.util.sizeFromShape(shape.slice(0, last));
  const addresses = inputs.map((x) => backend.address(x));
  if (length > 0) backend.call(name, backend.address(out), ...addresses, rows, length);
  return out;
}

export const softmaxKernels: readonly NativeKernel[] = [
  kernel<tf.SoftmaxAttrs>(tf.Softmax, (backend, { logits }, { dim }) =>
    alongLast(backend, 'softmax_f32', dim, logits!),
  ),
  kernel<tf.LogSoftmaxAttrs>(tf.LogSoftmax, (backend, { logits }, { axis }) =>
    alongLast(backend, 'log_softmax_f32', axis, logits!),
  ),
];
