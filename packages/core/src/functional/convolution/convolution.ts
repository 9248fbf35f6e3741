import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { convolution as ownConvolution } from '../../kernels/convolution-layer/spec.js';
import { scope } from '../../memory.js';
import { batched } from '../axes/batch.js';
import { geometry, outputSizes, type ConvolutionOptions } from './geometry.js';

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
      const inputs = { x: input, filter: weight, bias };
      return (areFloats(input, weight, bias) ? ownConvolution.run(inputs, g) : ownConvolution.reference(inputs, g))[0]!;
    }),
  );
}

/** Whether kernels do these tensors, whose numbers TFJS could have cast otherwise. */
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
