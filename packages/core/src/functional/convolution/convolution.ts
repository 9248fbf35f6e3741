import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { convolution as ownConvolution } from '../../kernels/convolution-layer/spec.js';
import { scope } from '../../memory.js';
import { batched } from '../axes/batch.js';
import { asRows, crop, taps } from '../axes/windows.js';
import { geometry, outputSizes, type ConvolutionOptions, type Geometry } from './geometry.js';
import { convolve } from './kernel.js';

/**
 * Convolution over one axis.
 *
 * @param x [batch, length, in] or [length, in]
 * @param weight [k, in/groups, out]; groups are in order, in the input's and in the output's channels
 * @param bias [out] or null
 * @returns [batch, outLength, out], or without batch where x has none
 * @throws InvalidArgumentError for shapes or options that do not fit
 */
export function conv1d(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null = null,
  options: ConvolutionOptions = {},
): tf.Tensor {
  return convolution(x, weight, bias, options, 1);
}

/**
 * Convolution over two axes. With groups equal to the input's channels it is depthwise, output channel o reading input channel
 * floor(o / (out / in)).
 *
 * @param x [batch, height, width, in], or without batch
 * @param weight [kh, kw, in/groups, out]
 * @param bias [out] or null
 * @returns [batch, outHeight, outWidth, out]
 * @throws InvalidArgumentError for shapes or options that do not fit
 */
export function conv2d(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null = null,
  options: ConvolutionOptions = {},
): tf.Tensor {
  return convolution(x, weight, bias, options, 2);
}

/**
 * Convolution over three axes.
 *
 * @param x [batch, depth, height, width, in], or without batch
 * @param weight [kd, kh, kw, in/groups, out]
 * @param bias [out] or null
 * @returns [batch, outDepth, outHeight, outWidth, out]
 * @throws InvalidArgumentError for shapes or options that do not fit
 */
export function conv3d(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null = null,
  options: ConvolutionOptions = {},
): tf.Tensor {
  return convolution(x, weight, bias, options, 3);
}

function convolution(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null,
  options: ConvolutionOptions,
  axes: 1 | 2 | 3,
): tf.Tensor {
  const name = `conv${axes}d`;
  return scope(() =>
    batched(x, axes, name, (input) => {
      check(
        weight.rank === axes + 2,
        () => `${name}: the weight must have ${axes + 2} axes, got [${weight.shape.join(', ')}]`,
      );
      const g = geometry(weight.shape.slice(0, axes), options, name);
      checkChannels(input, weight, bias, g.groups, name);
      outputSizes(input.shape.slice(1, -1), g, name);
      const own = areFloats(input, weight, bias) ? ownConvolution.run({ x: input, filter: weight, bias }, g) : null;
      if (own !== null) return own[0]!;
      const y = correlate(input, weight, g);
      return bias === null ? y : tf.add(y, bias);
    }),
  );
}

/** Whether our own kernels do these tensors. */
export function areFloats(...tensors: ReadonlyArray<tf.Tensor | null>): boolean {
  return tensors.every((tensor) => tensor === null || tensor.dtype === 'float32');
}

function checkChannels(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | null, groups: number, name: string): void {
  const [inner, out] = weight.shape.slice(-2) as [number, number];
  check(
    x.shape.at(-1) === inner * groups,
    () => `${name}: the input has ${x.shape.at(-1)} channels, the weight wants ${inner} in each of ${groups} groups`,
  );
  check(out % groups === 0, () => `${name}: ${out} output channels cannot be cut into ${groups} groups`);
  check(
    bias === null || (bias.rank === 1 && bias.size === out),
    () => `${name}: the bias must have shape [${out}], got [${bias!.shape.join(', ')}]`,
  );
}

/** Convolution over one to three axes with a checked geometry, without bias. */
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
