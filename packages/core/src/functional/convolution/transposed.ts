import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { convolutionInputGradient } from '../../kernels/convolution-layer/spec.js';
import { scope } from '../../memory.js';
import { batched } from '../axes/batch.js';
import { perAxis, perAxisPadding, type PerAxis, type PerAxisPadding } from '../axes/options.js';
import { areFloats } from './convolution.js';

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
      const sizes = stride.map((s, axis) =>
        sizeOf(name, input.shape[axis + 1]!, weight.shape[axis]!, s, dilation[axis]!, padding[axis]!, extra[axis]!),
      );
      // it is the gradient of a convolution from its result to x
      const inputs = { dy: input, filter: weight, bias };
      const attrs = { stride, dilation, padding, groups, sizes };
      const { run, reference } = convolutionInputGradient;
      return (areFloats(input, weight, bias) ? run(inputs, attrs) : reference(inputs, attrs))[0]!;
    }),
  );
}

/** Elements of the result along an axis. */
function sizeOf(
  name: string,
  size: number,
  taps: number,
  stride: number,
  dilation: number,
  [before, after]: readonly [number, number],
  extra: number,
): number {
  check(
    extra < Math.max(stride, dilation),
    () => `${name}: outputPadding ${extra} must be smaller than stride ${stride} or dilation ${dilation}`,
  );
  const whole = (size - 1) * stride + dilation * (taps - 1) + 1 + extra;
  check(whole > before + after, () => `${name}: padding ${before}, ${after} leaves nothing of ${whole} outputs`);
  return whole - before - after;
}
