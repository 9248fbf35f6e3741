import * as tf from '@tensorflow/tfjs-core';
import { depthwiseInputGradient } from '../../gradients/convolve.js';
import { scope } from '../../memory.js';
import { composed, type Composition } from '../composition.js';
import { hostKernel, type HostKernel } from './host.js';

/** dx as depthwise convolutions of dy; TFJS's on cpu ignores dilations. */
export const depthwiseInputKernel: Composition = composed<tf.DepthwiseConv2dNativeBackpropInputAttrs>(
  tf.DepthwiseConv2dNativeBackpropInput,
  'wrong',
  ({ dy, filter }, { inputShape, ...window }) =>
    depthwiseInputGradient(dy! as tf.Tensor4D, filter! as tf.Tensor4D, inputShape, window),
);

const many = (sizes: number | number[]): boolean => [sizes].flat().some((size) => size !== 1);

/** Depthwise convolution with both strides and dilations, which TFJS's on cpu refuses: at every pixel, then every nth. */
export const depthwiseKernel: Composition = {
  kernelName: tf.DepthwiseConv2dNative,
  because: 'wrong',
  run(inputs, attrs, _, original) {
    const own = attrs as tf.DepthwiseConv2dNativeAttrs;
    if (!many(own.strides) || !many(own.dilations ?? 1)) return original(inputs, attrs);
    const [x, filter] = [inputs.x! as tf.Tensor4D, inputs.filter! as tf.Tensor4D];
    const { padInfo, outHeight, outWidth, strideHeight, strideWidth } = tf.backend_util.computeConv2DInfo(
      x.shape,
      filter.shape,
      own.strides,
      own.dilations,
      own.pad,
      own.dimRoundingMode,
      true,
    );
    return scope(() => {
      const { top, bottom, left, right } = padInfo;
      const padded = tf.pad(x, [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ]);
      const dense = tf.depthwiseConv2d(padded, filter, 1, 'valid', 'NHWC', own.dilations);
      const [n, , , channels] = dense.shape;
      const end = [n, (outHeight - 1) * strideHeight + 1, (outWidth - 1) * strideWidth + 1, channels];
      return tf.stridedSlice(dense, [0, 0, 0, 0], end, [1, strideHeight, strideWidth, 1]);
    });
  },
};

/** The gradient of a depthwise filter, in one pass; TFJS's on cpu ignores dilations. */
export const depthwiseFilterKernel: HostKernel = hostKernel<tf.DepthwiseConv2dNativeBackpropFilterAttrs>(
  tf.DepthwiseConv2dNativeBackpropFilter,
  'wrong',
  ({ x, dy }, { filterShape, strides, dilations, pad, dimRoundingMode }, host) => {
    const [batch, height, width, channels] = x!.shape as [number, number, number, number];
    const info = tf.backend_util.computeConv2DInfo(
      x!.shape as [number, number, number, number],
      filterShape,
      strides,
      dilations,
      pad,
      dimRoundingMode,
      true,
    );
    const { outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = info;
    const multiplier = filterShape[3];
    const outChannels = channels * multiplier;
    const out = host.allocate(filterShape, 'float32');
    const [from, upstream, to] = [host.view(x!), host.view(dy!), host.view(out)];
    const sums = new Float64Array(outChannels);
    for (let i = 0; i < filterShape[0]; i++) {
      for (let j = 0; j < filterShape[1]; j++) {
        sums.fill(0);
        for (let n = 0; n < batch; n++) {
          for (let row = 0; row < outHeight; row++) {
            const h = row * strideHeight + i * dilationHeight - padInfo.top;
            if (h < 0 || h >= height) continue;
            for (let column = 0; column < outWidth; column++) {
              const w = column * strideWidth + j * dilationWidth - padInfo.left;
              if (w < 0 || w >= width) continue;
              let read = ((n * height + h) * width + w) * channels;
              let at = ((n * outHeight + row) * outWidth + column) * outChannels;
              if (multiplier === 1) {
                for (let c = 0; c < channels; c++) sums[c]! += from[read + c]! * upstream[at + c]!;
              } else {
                for (let c = 0; c < outChannels; read++) {
                  for (let m = 0; m < multiplier; m++, c++, at++) sums[c]! += from[read]! * upstream[at]!;
                }
              }
            }
          }
        }
        to.set(sums, (i * filterShape[1] + j) * outChannels);
      }
    }
    return out;
  },
);
