import * as tf from '@tensorflow/tfjs-core';
import { mapAxis } from '../axes/linear-map.js';
import type { Geometry } from './geometry.js';

/**
 * One convolution of x [batch, height, width, in] with filter [kh, kw, in/groups, out]. Runs the kernels themselves:
 * TFJS's public operations refuse stride together with dilation, which the kernels can do.
 */
export function convolve(x: tf.Tensor, filter: tf.Tensor, geometry: Geometry): tf.Tensor {
  const { groups } = geometry;
  const [kh, kw, inner, out] = filter.shape as [number, number, number, number];
  if (groups === 1) return runKernel(tf.Conv2D, x, filter, geometry);
  if (inner === 1) {
    const multiplied = tf.reshape(filter, [kh, kw, groups, out / groups]);
    const { stride, dilation } = geometry;
    // the one kernel that refuses both, on the cpu backend
    if (stride.every((n) => n === 1) || dilation.every((n) => n === 1)) {
      return runKernel(tf.DepthwiseConv2dNative, x, multiplied, geometry);
    }
    const spread = dilation.reduce((w, step, axis) => withGaps(w, axis, step), multiplied as tf.Tensor);
    return runKernel(tf.DepthwiseConv2dNative, x, spread, { ...geometry, dilation: [1, 1] });
  }
  const inputs = tf.split(x, groups, 3);
  const filters = tf.split(filter, groups, 3);
  return tf.concat(
    inputs.map((input, g) => runKernel(tf.Conv2D, input, filters[g]!, geometry)),
    3,
  );
}

/** Writes a filter's dilation out as zeros between its elements. */
function withGaps(filter: tf.Tensor, axis: number, step: number): tf.Tensor {
  const size = filter.shape[axis]!;
  const places = Array.from({ length: (size - 1) * step + 1 }, (_, i) => i);
  return mapAxis(filter, axis, {
    from: size,
    first: places.map((i) => Math.floor(i / step)),
    weights: places.map((i) => [i % step === 0 ? 1 : 0]),
  });
}

function runKernel(kernel: string, x: tf.Tensor, filter: tf.Tensor, geometry: Geometry): tf.Tensor {
  const { stride, padding, dilation } = geometry;
  const none = padding.every(([before, after]) => before === 0 && after === 0);
  const attrs = {
    strides: [...stride],
    dilations: [...dilation],
    pad: none ? 'valid' : [[0, 0], ...padding.map((pair) => [...pair]), [0, 0]],
    dataFormat: 'NHWC',
  };
  return tf.engine().runKernel(kernel, { x, filter }, attrs) as tf.Tensor;
}
