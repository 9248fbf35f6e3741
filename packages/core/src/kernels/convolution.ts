import * as tf from '@tensorflow/tfjs-core';
import { composed, type Composition } from './composition.js';
import { filterGradient, inputGradient } from '../gradients/convolve.js';

type ConvAttrs = tf.Conv2DBackpropInputAttrs | tf.Conv2DBackpropFilterAttrs;

function window(attrs: ConvAttrs) {
  const { strides, pad, dimRoundingMode } = attrs;
  return { strides, pad, dilations: 1, ...(dimRoundingMode === undefined ? {} : { dimRoundingMode }) };
}

/** Gradients of convolutions as convolutions, which wasm has from XNNPACK. */
export const convolutionKernels: readonly Composition[] = [
  composed<tf.Conv2DBackpropInputAttrs>(tf.Conv2DBackpropInput, 'slow', ({ dy, filter }, attrs) =>
    inputGradient(dy! as tf.Tensor4D, filter! as tf.Tensor4D, attrs.inputShape, window(attrs)),
  ),
  composed<tf.Conv2DBackpropFilterAttrs>(tf.Conv2DBackpropFilter, 'absent', ({ x, dy }, attrs) =>
    filterGradient(x! as tf.Tensor4D, dy! as tf.Tensor4D, attrs.filterShape, window(attrs)),
  ),
];
