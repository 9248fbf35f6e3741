import * as tf from '@tensorflow/tfjs-core';
import { gradient, gradientOfMany, runKernel, shapeOf } from './define.js';

/** The gradient of an average is linear in dy, and its adjoint is the average. */
function average(forward: string, backward: string): tf.GradConfig[] {
  return [
    gradient<tf.AvgPool3DAttrs>(forward, { values: ['x'] }, (dy, [x], attrs) => ({
      x: () => runKernel(backward, { dy, input: x! }, { ...attrs }),
    })),
    gradient<tf.AvgPool3DGradAttrs>(backward, { shapes: ['input'] }, (ddx, [input], attrs) => ({
      dy: () => runKernel(forward, { x: ddx }, { dataFormat: 'NDHWC', ...attrs }),
      input: () => tf.zeros(shapeOf(input!)),
    })),
  ];
}

/** `values`, one for each maximum, at the places of the maxima in a picture of `shape`. */
function atMaxima(values: tf.Tensor, places: tf.Tensor, shape: number[]): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  const ids = tf.reshape(places, [-1]) as tf.Tensor1D;
  return tf.reshape(tf.unsortedSegmentSum(tf.reshape(values, [-1]), ids, size), shape);
}

export const poolingGradients: readonly tf.GradConfig[] = [
  gradient<tf.MaxPoolAttrs>(tf.MaxPool, { values: ['x'], output: true }, (dy, [x, y], attrs) => ({
    x: () => runKernel(tf.MaxPoolGrad, { dy, input: x!, output: y! }, { ...attrs }),
  })),
  gradient<tf.MaxPool3DAttrs>(tf.MaxPool3D, { values: ['x'], output: true }, (dy, [x, y], attrs) => ({
    x: () => runKernel(tf.MaxPool3DGrad, { dy, input: x!, output: y! }, { ...attrs }),
  })),
  gradient<tf.MaxPoolGradAttrs>(tf.MaxPoolGrad, { values: ['input'], shapes: ['output'] }, (ddx, saved, attrs) => ({
    dy: () => {
      const { filterSize, strides, pad } = attrs;
      const { indexes } = tf.maxPoolWithArgmax(saved[0] as tf.Tensor4D, filterSize, strides, pad as 'same', true);
      return tf.gather(tf.reshape(ddx, [-1]), tf.cast(indexes!, 'int32'));
    },
    input: () => tf.zeros(saved[0]!.shape),
    output: () => tf.zeros(shapeOf(saved[1]!)),
  })),
  gradientOfMany<tf.MaxPoolWithArgmaxAttrs>(
    tf.MaxPoolWithArgmax,
    { shapes: ['x'], output: [false, true] },
    ([dy], [x, places], { includeBatchInIndex }) => ({
      x: () => {
        const shape = shapeOf(x!);
        const picture = tf.util.sizeFromShape(shape.slice(1));
        const starts = tf.mul(tf.range(0, shape[0]!, 1, 'int32'), tf.scalar(picture, 'int32'));
        const indices = tf.cast(places!, 'int32');
        return atMaxima(dy!, includeBatchInIndex ? indices : tf.add(indices, tf.reshape(starts, [-1, 1, 1, 1])), shape);
      },
    }),
  ),
  ...average(tf.AvgPool, tf.AvgPoolGrad),
  ...average(tf.AvgPool3D, tf.AvgPool3DGrad),
];
