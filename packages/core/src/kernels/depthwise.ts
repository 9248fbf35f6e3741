import * as tf from '@tensorflow/tfjs-core';
import { depthwiseInputGradient } from '../gradients/convolve.js';
import { composed, type Composition } from './composition.js';
import { hostKernel, type HostKernel } from './host.js';

/** dx as depthwise convolutions of dy; TFJS's on cpu ignores dilations. */
export const depthwiseInputKernel: Composition = composed<tf.DepthwiseConv2dNativeBackpropInputAttrs>(
  tf.DepthwiseConv2dNativeBackpropInput,
  'wrong',
  ({ dy, filter }, { inputShape, ...window }) =>
    depthwiseInputGradient(dy! as tf.Tensor4D, filter! as tf.Tensor4D, inputShape, window),
);

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
