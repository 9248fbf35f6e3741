import * as tf from '@tensorflow/tfjs-core';
import { PlaceRows } from '../../kernels/place-rows/spec.js';
import { scope } from '../../memory.js';
import type { Composition, Inputs } from '../composition.js';

/** TFJS's kernel, but for results without elements and for those of nothing, which are 0. */
function unlessEmpty(
  kernelName: string,
  shapeOf: (inputs: Inputs, attrs: object) => number[],
  of: string,
): Composition {
  return {
    kernelName,
    because: 'wrong',
    run(inputs, attrs, _, original) {
      const shape = shapeOf(inputs, attrs);
      const nothing = tf.util.sizeFromShape(shape) === 0 || Object.values(inputs).some(({ size }) => size === 0);
      return nothing ? tf.zeros(shape, inputs[of]!.dtype as 'float32') : original(inputs, attrs);
    },
  };
}

/** Tensors that fit into one of TFJS's shaders, beside their sum. */
const most = 7;

const anySegmentSum = unlessEmpty(
  tf.UnsortedSegmentSum,
  ({ x, segmentIds }, attrs) => [
    (attrs as tf.UnsortedSegmentSumAttrs).numSegments,
    ...x!.shape.slice(segmentIds!.shape.length),
  ],
  'x',
);

/** Floats by our own kernel, always to the same bits; TFJS's adds them in the order in which the GPU comes by. */
const segmentSum: Composition = {
  ...anySegmentSum,
  run(inputs, attrs, backend, original) {
    const { x, segmentIds } = inputs as { x: tf.Tensor; segmentIds: tf.Tensor };
    const { numSegments } = attrs as tf.UnsortedSegmentSumAttrs;
    const count = segmentIds.size;
    const inner = count === 0 ? 0 : x.size / count;
    if (!PlaceRows.isBrought || x.dtype !== 'float32' || numSegments * inner === 0) {
      return anySegmentSum.run(inputs, attrs, backend, original);
    }
    const shape = [numSegments, ...x.shape.slice(segmentIds.rank)];
    return PlaceRows.run(
      { x, indices: segmentIds },
      { batch: 1, outer: 1, count, rows: numSegments, inner, shape },
    )[0]!;
  },
};

export const indexingOnGpu: readonly Composition[] = [
  unlessEmpty(tf.ScatterNd, (_, attrs) => (attrs as tf.ScatterNdAttrs).shape, 'updates'),
  segmentSum,
  unlessEmpty(
    tf.GatherV2,
    ({ x, indices }, attrs) => {
      const { axis, batchDims } = attrs as tf.GatherV2Attrs;
      const [at] = tf.util.parseAxisParam(axis, x!.shape);
      return [...x!.shape.slice(0, at), ...indices!.shape.slice(batchDims), ...x!.shape.slice(at! + 1)];
    },
    'x',
  ),
  {
    kernelName: tf.AddN,
    because: 'wrong',
    run(inputs, attrs, _, original) {
      const tensors = Object.values(inputs);
      if (tensors.length <= most && tensors[0]!.size > 0) return original(inputs, attrs);
      return scope(() => tensors.slice(1).reduce((sum, x) => tf.add(sum, x), tf.clone(tensors[0]!)));
    },
  },
];
