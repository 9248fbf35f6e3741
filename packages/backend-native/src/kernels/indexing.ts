import * as tf from '@tensorflow/tfjs-core';
import { kernel, type NativeKernel } from '../kernel.js';
import type { NativeBackend } from '../backend.js';
import { bytesOf } from '../memory/native-data.js';
import { isMovable } from './strided.js';

/** A new tensor that `write` fills; freed again if that throws. */
export function writing<T extends tf.TensorInfo>(backend: NativeBackend, out: T, write: (address: number) => void): T {
  try {
    write(backend.address(out));
  } catch (error) {
    backend.disposeIntermediateTensorInfo(out);
    throw error;
  }
  return out;
}

/** Kernels that pick and place rows by index. */
export const indexingKernels: readonly NativeKernel[] = [
  kernel<tf.GatherV2Attrs>(tf.GatherV2, (backend, { x, indices }, { axis, batchDims }) => {
    if (!isMovable(x!) || indices!.dtype !== 'int32') return null;
    const at = tf.util.parseAxisParam(axis, x!.shape)[0]!;
    const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(
      x! as tf.Tensor,
      indices! as tf.Tensor,
      at,
      batchDims ?? 0,
    );
    const { batchSize, outerSize, dimSize, sliceSize } = info;
    const count = batchSize === 0 ? 0 : tf.util.sizeFromShape(indices!.shape) / batchSize;
    const [from, ids] = [backend.address(x!), backend.address(indices!)];
    return writing(backend, backend.output(info.outputShape, x!.dtype), (to) =>
      backend.call('gather', to, from, ids, batchSize, outerSize, dimSize, count, sliceSize * bytesOf[x!.dtype]),
    );
  }),
];
