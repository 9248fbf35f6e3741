import * as tf from '@tensorflow/tfjs-core';
import { mapAxis } from '../../functional/axes/linear-map.js';
import { permute, product } from '../../functional/axes/permute.js';
import { asRows, crop } from '../../functional/axes/windows.js';
import { correlate } from './correlate.js';
import type { ConvolutionInputGradientAttributes } from './spec.js';

/** How one axis is done: as a convolution that makes `stride` outputs for each of its positions. */
interface AxisPlan {
  readonly stride: number;
  /** For each position of the convolution's kernel and each of its outputs, the tap of the weight there; -1: none. */
  readonly order: readonly number[];
  readonly kernel: number;
  readonly dilation: number;
  readonly padding: readonly [number, number];
  /** Which part of the interleaved outputs is the result. */
  readonly from: number;
  readonly length: number;
}

/**
 * Output j of the full result is the sum of x[m] w[t] over m * stride + t * dilation = j. Written as j = q * stride + r,
 * it is for each phase r an ordinary convolution at position q, with every stride-th element of the (dilated) kernel,
 * so that no product with an inserted zero is computed. Shi et al. 2016, "Is the deconvolution layer the same as a convolutional layer?"
 */
function planAxis(
  size: number,
  taps: number,
  stride: number,
  dilation: number,
  before: number,
  length: number,
): AxisPlan {
  const extent = dilation * (taps - 1) + 1;
  // with stride 1 the convolution does the dilation; otherwise the dilated kernel is written out
  const kernel = stride === 1 ? taps : Math.ceil(extent / stride);
  const reach = stride === 1 ? extent - 1 : kernel - 1;
  const order = Array.from({ length: kernel * stride }, (_, i) => {
    const at = (kernel - 1 - Math.floor(i / stride)) * stride + (i % stride);
    if (stride === 1) return at;
    return at % dilation === 0 && at / dilation < taps ? at / dilation : -1;
  });
  const first = Math.floor(before / stride);
  const last = Math.ceil((before + length) / stride) - 1;
  const padBefore = Math.max(reach - first, 0);
  const start = reach - padBefore; // first position that the convolution computes; first > reach when it cannot skip
  const padAfter = Math.max(last - start + 1 - (size + padBefore - reach), 0);
  return {
    stride,
    order,
    kernel,
    dilation: stride === 1 ? dilation : 1,
    padding: [padBefore, padAfter],
    from: before - start * stride,
    length,
  };
}

/**
 * The gradient by its input of a convolution with `weight` [...kernel, in / groups, out] to x [batch, …, out], for inputs of these
 * sizes: a transposed convolution of x.
 */
export function bySubpixels(
  x: tf.Tensor,
  weight: tf.Tensor,
  { stride, dilation, padding, groups, sizes }: ConvolutionInputGradientAttributes,
): tf.Tensor {
  const plan = sizes.map((length, axis) =>
    planAxis(x.shape[axis + 1]!, weight.shape[axis]!, stride[axis]!, dilation[axis]!, padding[axis]![0], length),
  );
  const out = weight.shape.at(-2)!;
  const strides = plan.map((axis) => axis.stride);
  const blocks = correlate(x, subpixelWeight(weight, plan, groups), {
    kernel: plan.map((axis) => axis.kernel),
    stride: plan.map(() => 1),
    padding: plan.map((axis) => axis.padding),
    dilation: plan.map((axis) => axis.dilation),
    groups,
  });
  const batch = x.shape[0]!;
  const counts = blocks.shape.slice(1, -1);
  const axes = plan.length;
  // [batch, …counts, groups, …strides, out] to [batch, count, stride, …, groups, out]
  let y = permute(
    blocks,
    [batch, ...counts, groups, ...strides, out],
    [0, ...plan.flatMap((_, axis) => [1 + axis, 2 + axes + axis]), 1 + axes, 2 + 2 * axes],
    [batch, ...counts.map((count, axis) => count * strides[axis]!), groups * out],
  );
  plan.forEach(({ from, length }, axis) => {
    if (from === 0 && y.shape[axis + 1] === length) return;
    const shape = y.shape.map((size, d) => (d === axis + 1 ? length : size));
    y = tf.reshape(crop(asRows(y, axis + 1), from, length), shape);
  });
  return y;
}

/** [...taps, out, groups * in] to the filter of the convolution, [...kernel, in, groups * …strides * out]. */
function subpixelWeight(weight: tf.Tensor, plan: readonly AxisPlan[], groups: number): tf.Tensor {
  const [out, channels] = weight.shape.slice(-2) as [number, number];
  const axes = plan.length;
  const arranged = plan.reduce((w, { order }, axis) => {
    const from = w.shape[axis]!;
    const rows = order.map((tap) => (tap < 0 ? [0] : [1]));
    return mapAxis(w, axis, { from, first: order.map((tap) => Math.max(tap, 0)), weights: rows });
  }, weight);
  const dims = [...plan.flatMap(({ kernel, stride }) => [kernel, stride]), out, groups, channels / groups];
  const perm = [
    ...plan.map((_, axis) => 2 * axis),
    2 * axes + 2,
    2 * axes + 1,
    ...plan.map((_, axis) => 2 * axis + 1),
    2 * axes,
  ];
  const strides = product(plan.map(({ stride }) => stride));
  return permute(arranged, dims, perm, [
    ...plan.map(({ kernel }) => kernel),
    channels / groups,
    groups * strides * out,
  ]);
}
