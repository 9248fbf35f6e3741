import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { convolutionInputGradient } from '../../kernels/convolution-layer/spec.js';
import { scope } from '../../memory.js';
import { batched } from '../axes/batch.js';
import { mapAxis } from '../axes/linear-map.js';
import { perAxis, perAxisPadding, type PerAxis, type PerAxisPadding } from '../axes/options.js';
import { permute, product } from '../axes/permute.js';
import { asRows, crop } from '../axes/windows.js';
import { areFloats, correlate } from './convolution.js';

export interface TransposedConvolutionOptions {
  /** Default 1. */
  readonly stride?: PerAxis;
  /** How much of the full result is cut off before and after; default 0. */
  readonly padding?: PerAxisPadding;
  /** How much longer the result is at its end, less than the stride or the dilation; default 0. */
  readonly outputPadding?: PerAxis;
  /** Default 1. */
  readonly dilation?: PerAxis;
  /** Default 1. */
  readonly groups?: number;
}

/**
 * Transposed convolution over one axis; the result has (length - 1) stride - 2 padding + dilation (k - 1) +
 * outputPadding + 1 elements.
 *
 * @param x [batch, length, in] or [length, in]
 * @param weight [k, out/groups, in]
 * @param bias [out] or null
 * @throws InvalidArgumentError for shapes or options that do not fit
 */
export function convTranspose1d(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null = null,
  options: TransposedConvolutionOptions = {},
): tf.Tensor {
  return transposedConvolution(x, weight, bias, options, 1);
}

/** {@link convTranspose1d} over two axes: x [batch, height, width, in], weight [kh, kw, out/groups, in]. */
export function convTranspose2d(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null = null,
  options: TransposedConvolutionOptions = {},
): tf.Tensor {
  return transposedConvolution(x, weight, bias, options, 2);
}

/** {@link convTranspose1d} over three axes: x [batch, depth, height, width, in], weight [kd, kh, kw, out/groups, in]. */
export function convTranspose3d(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null = null,
  options: TransposedConvolutionOptions = {},
): tf.Tensor {
  return transposedConvolution(x, weight, bias, options, 3);
}

function transposedConvolution(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null,
  options: TransposedConvolutionOptions,
  axes: 1 | 2 | 3,
): tf.Tensor {
  const name = `convTranspose${axes}d`;
  return scope(() =>
    batched(x, axes, name, (input) => {
      check(
        weight.rank === axes + 2,
        () => `${name}: the weight must have ${axes + 2} axes, got [${weight.shape.join(', ')}]`,
      );
      const stride = perAxis(options.stride ?? 1, axes, `${name}: stride`, 1);
      const dilation = perAxis(options.dilation ?? 1, axes, `${name}: dilation`, 1);
      const padding = perAxisPadding(options.padding ?? 0, axes, `${name}: padding`);
      const extra = perAxis(options.outputPadding ?? 0, axes, `${name}: outputPadding`, 0);
      const groups = perAxis(options.groups ?? 1, 1, `${name}: groups`, 1)[0]!;
      const [out, channels] = weight.shape.slice(-2) as [number, number];
      check(
        input.shape.at(-1) === channels && channels % groups === 0,
        () => `${name}: the input has ${input.shape.at(-1)} channels, the weight wants ${channels} in ${groups} groups`,
      );
      check(
        bias === null || (bias.rank === 1 && bias.size === out * groups),
        () => `${name}: the bias must have shape [${out * groups}], got [${bias!.shape.join(', ')}]`,
      );
      const plan = stride.map((s, axis) =>
        planAxis(name, input.shape[axis + 1]!, weight.shape[axis]!, s, dilation[axis]!, padding[axis]!, extra[axis]!),
      );
      // it is the gradient of a convolution from its result to x
      const sizes = plan.map(({ length }) => length);
      const own = areFloats(input, weight, bias)
        ? convolutionInputGradient.run(
            { dy: input, filter: weight, bias },
            { stride, dilation, padding, groups, sizes },
          )
        : null;
      if (own !== null) return own[0]!;
      const y = bySubpixels(input, weight, plan, groups);
      return bias === null ? y : tf.add(y, bias);
    }),
  );
}

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
  name: string,
  size: number,
  taps: number,
  stride: number,
  dilation: number,
  [before, after]: readonly [number, number],
  extra: number,
): AxisPlan {
  check(
    extra < Math.max(stride, dilation),
    () => `${name}: outputPadding ${extra} must be smaller than stride ${stride} or dilation ${dilation}`,
  );
  const extent = dilation * (taps - 1) + 1;
  const length = (size - 1) * stride + extent + extra - before - after;
  check(
    length > 0,
    () => `${name}: padding ${before}, ${after} leaves nothing of ${(size - 1) * stride + extent + extra} outputs`,
  );
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

function bySubpixels(x: tf.Tensor, weight: tf.Tensor, plan: readonly AxisPlan[], groups: number): tf.Tensor {
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
