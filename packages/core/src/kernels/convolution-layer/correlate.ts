import * as tf from '@tensorflow/tfjs-core';
import { mapAxis } from '../../functional/axes/linear-map.js';
import { asRows, crop, taps } from '../../functional/axes/windows.js';
import type { ConvolutionGeometry } from './spec.js';

/** With the filter's sizes. */
export interface Geometry extends ConvolutionGeometry {
  readonly kernel: readonly number[];
}

/** Convolution over one to three axes without bias. */
export function correlate(x: tf.Tensor, weight: tf.Tensor, g: Geometry): tf.Tensor {
  switch (g.kernel.length) {
    case 1:
      return tf.squeeze(convolve(tf.expandDims(x, 1), tf.expandDims(weight, 0), withRow(g)), [1]);
    case 2:
      return convolve(x, weight, g);
    default:
      return correlate3d(x, weight, g);
  }
}

/** The geometry of a convolution over one axis, as one over a picture of height 1. */
function withRow(g: Geometry): Geometry {
  return {
    kernel: [1, ...g.kernel],
    stride: [1, ...g.stride],
    padding: [[0, 0], ...g.padding],
    dilation: [1, ...g.dilation],
    groups: g.groups,
  };
}

/** A sum over the kernel's planes of convolutions over two axes, which backends do much faster than those over three. */
function correlate3d(x: tf.Tensor, weight: tf.Tensor, g: Geometry): tf.Tensor {
  const [batch, depth, height, width, channels] = x.shape as [number, number, number, number, number];
  const [kernel, stride, dilation] = [g.kernel[0]!, g.stride[0]!, g.dilation[0]!];
  const [before, after] = g.padding[0]!;
  const count = Math.floor((depth + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
  const flat: Geometry = {
    kernel: g.kernel.slice(1),
    stride: g.stride.slice(1),
    padding: g.padding.slice(1),
    dilation: g.dilation.slice(1),
    groups: g.groups,
  };
  const planes = taps(crop(asRows(x, 1), -before, depth + before + after), { kernel, stride, dilation, count });
  const filters = kernel === 1 ? [tf.reshape(weight, weight.shape.slice(1))] : tf.unstack(weight);
  const parts = planes.map((plane, i) =>
    convolve(tf.reshape(plane, [batch * count, height, width, channels]), filters[i]!, flat),
  );
  const y = parts.length === 1 ? parts[0]! : tf.addN(parts);
  return tf.reshape(y, [batch, count, ...y.shape.slice(1)]);
}

/**
 * One convolution of x [batch, height, width, in] with filter [kh, kw, in/groups, out]. Runs the kernels themselves:
 * TFJS's public operations refuse stride together with dilation, which the kernels can do.
 */
function convolve(x: tf.Tensor, filter: tf.Tensor, geometry: Geometry): tf.Tensor {
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
