import * as tf from '@tensorflow/tfjs-core';
import { zerosFrom } from '../../functional/axes/constant.js';
import { permute, product } from '../../functional/axes/permute.js';
import { asRows, crop, span, taps } from '../../functional/axes/windows.js';
import { correlate } from './correlate.js';
import { bySubpixels } from './subpixels.js';
import type {
  ConvolutionAttributes,
  ConvolutionFilterGradientAttributes,
  ConvolutionFilterGradientInputs,
  ConvolutionInputGradientAttributes,
  ConvolutionInputGradientInputs,
  ConvolutionInputs,
} from './spec.js';

const plus = (y: tf.Tensor, bias: tf.Tensor | null | undefined): tf.Tensor => (bias == null ? y : tf.add(y, bias));

export function convolution({ x, filter, bias }: ConvolutionInputs, attrs: ConvolutionAttributes): tf.Tensor[] {
  const { stride, dilation, padding, outputSizes } = attrs;
  const kernel = filter.shape.slice(0, -2);
  if (x.shape[0] === 0) {
    return [zerosFrom([x, filter, bias], [0, ...(outputSizes ?? outputsOf(x, kernel, attrs)), filter.shape.at(-1)!])];
  }
  if (outputSizes === undefined) return [plus(correlate(x, filter, { ...attrs, kernel }), bias)];
  // other numbers of outputs than the padding says read more zeros, or less of x, at the ends
  const natural = outputsOf(x, kernel, attrs);
  const pads = [...padding];
  const fitted = outputSizes.reduce((t, count, axis) => {
    if (count === natural[axis]) return t;
    const windows = { kernel: kernel[axis]!, stride: stride[axis]!, dilation: dilation[axis]!, count };
    const length = span(windows);
    const rows = crop(asRows(t, axis + 1), -padding[axis]![0], length);
    pads[axis] = [0, 0];
    return tf.reshape(
      rows,
      t.shape.map((size, d) => (d === axis + 1 ? length : size)),
    );
  }, x);
  return [plus(correlate(fitted, filter, { ...attrs, kernel, padding: pads }), bias)];
}

export function outputsOf(x: tf.TensorInfo, kernel: readonly number[], attrs: ConvolutionAttributes): number[] {
  const { stride, dilation, padding } = attrs;
  return kernel.map((k, axis) => {
    const padded = x.shape[axis + 1]! + padding[axis]![0] + padding[axis]![1];
    return Math.floor((padded - dilation[axis]! * (k - 1) - 1) / stride[axis]!) + 1;
  });
}

export function convolutionInputGradient(
  { dy, filter, bias }: ConvolutionInputGradientInputs,
  attrs: ConvolutionInputGradientAttributes,
): tf.Tensor[] {
  if (dy.shape[0] === 0) {
    return [zerosFrom([dy, filter, bias], [0, ...attrs.sizes, filter.shape.at(-2)! * attrs.groups])];
  }
  return [plus(bySubpixels(dy, filter, attrs), bias)];
}

/** One product of matrices: what each tap of the filter has read, transposed, times dy. */
export function convolutionFilterGradient(
  { x, dy }: ConvolutionFilterGradientInputs,
  { kernel, stride, dilation, padding, groups, withBias }: ConvolutionFilterGradientAttributes,
): tf.Tensor[] {
  const [channels, out] = [x.shape.at(-1)!, dy.shape.at(-1)!];
  const [cin, cout] = [channels / groups, out / groups];
  const shape = [...kernel, cin, out];
  const rows = dy.size / out;
  if (rows === 0) return (withBias ? [shape, [out]] : [shape]).map((zeros) => zerosFrom([x, dy], zeros));
  const read = kernel.reduce<tf.Tensor[]>(
    (parts, k, axis) => {
      const windows = { kernel: k, stride: stride[axis]!, dilation: dilation[axis]!, count: dy.shape[axis + 1]! };
      return parts.flatMap((part) => {
        const sizes = part.shape.map((size, d) => (d === axis + 1 ? windows.count : size));
        const cut = crop(asRows(part, axis + 1), -padding[axis]![0], span(windows));
        return taps(cut, windows).map((tap) => tf.reshape(tap, sizes));
      });
    },
    [x],
  );
  const count = product(kernel);
  const columns = tf.concat(
    read.map((part) => tf.reshape(part, [rows, 1, channels])),
    1,
  );
  const a = permute(columns, [rows, count, groups, cin], [2, 0, 1, 3], [groups, rows, count * cin]);
  const b = permute(dy, [rows, groups, cout], [1, 0, 2], [groups, rows, cout]);
  const products = tf.matMul(a as tf.Tensor3D, b as tf.Tensor3D, true, false);
  const dfilter = permute(products, [groups, count * cin, cout], [1, 0, 2], shape);
  return withBias ? [dfilter, tf.sum(tf.reshape(dy, [rows, out]), 0)] : [dfilter];
}
