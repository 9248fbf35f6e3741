import * as tf from '@tensorflow/tfjs-core';
import { hostKernel, type HostKernel } from './host.js';

/** Sums and picks of rows by index, in one pass. */
export const segmentKernels: readonly HostKernel[] = [
  hostKernel<tf.UnsortedSegmentSumAttrs>(tf.UnsortedSegmentSum, 'slow', ({ x, segmentIds }, { numSegments }, host) => {
    const inner = tf.util.sizeFromShape(x!.shape.slice(segmentIds!.shape.length));
    const out = host.allocate([numSegments, ...x!.shape.slice(segmentIds!.shape.length)], x!.dtype);
    const [ids, from, to] = [host.view(segmentIds!), host.view(x!), host.view(out)];
    to.fill(0);
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row]!;
      // rows of no segment are dropped
      if (id < 0 || id >= numSegments) continue;
      for (let i = 0, read = row * inner, write = id * inner; i < inner; i++) to[write + i]! += from[read + i]!;
    }
    return out;
  }),
  hostKernel<tf.GatherV2Attrs>(tf.GatherV2, 'slow', ({ x, indices }, { axis, batchDims }, host) => {
    const at = tf.util.parseAxisParam(axis, x!.shape)[0]!;
    const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(
      x! as tf.Tensor,
      indices! as tf.Tensor,
      at,
      batchDims ?? 0,
    );
    const out = host.allocate(info.outputShape, x!.dtype);
    const [ids, from, to] = [host.view(indices!), host.view(x!), host.view(out)];
    const { batchSize, outerSize, dimSize, sliceSize } = info;
    const count = ids.length / batchSize;
    let write = 0;
    for (let batch = 0; batch < batchSize; batch++) {
      for (let outer = 0; outer < outerSize; outer++) {
        const base = (batch * outerSize + outer) * dimSize;
        for (let i = 0; i < count; i++, write += sliceSize) {
          const id = ids[batch * count + i]!;
          if (id < 0 || id >= dimSize) {
            throw new Error(`gather: index ${id} is not in [0, ${dimSize - 1}], the size of axis ${at}`);
          }
          const read = (base + id) * sliceSize;
          if (sliceSize >= 64) to.set(from.subarray(read, read + sliceSize), write);
          else for (let j = 0; j < sliceSize; j++) to[write + j] = from[read + j]!;
        }
      }
    }
    return out;
  }),
  hostKernel(tf.TensorScatterUpdate, 'wrong', ({ tensor, indices, updates }, _, host) => {
    // TFJS's on cpu overwrites its input
    const { sliceRank, numUpdates, sliceSize, strides, outputSize } = tf.backend_util.calculateShapes(
      updates!,
      indices!,
      tensor!.shape,
    );
    const out = host.allocate(tensor!.shape, tensor!.dtype);
    const [ids, from, to] = [host.view(indices!), host.view(updates!), host.view(out)];
    to.set(host.view(tensor!));
    for (let i = 0; i < numUpdates; i++) {
      let row = 0;
      for (let axis = 0; axis < sliceRank; axis++) row += ids[i * sliceRank + axis]! * strides[axis]!;
      const write = row * sliceSize;
      if (row < 0 || write >= outputSize) {
        throw new Error(`tensorScatterUpdate: index ${i} lies outside of the shape [${tensor!.shape.join(', ')}]`);
      }
      for (let j = 0; j < sliceSize; j++) to[write + j] = from[i * sliceSize + j]!;
    }
    return out;
  }),
];
