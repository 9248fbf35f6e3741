import * as tf from '@tensorflow/tfjs-core';
import { filterGradient, inputGradient, type Window } from '../gradients/convolve.js';
import { convolve3d, filterGradient3d, inputGradient3d } from '../gradients/convolve3d.js';
import { composed, type Composition } from './composition.js';

function window(attrs: tf.Conv2DBackpropInputAttrs | tf.Conv2DBackpropFilterAttrs): Window {
  const { strides, pad, dimRoundingMode } = attrs;
  return { strides, pad, dilations: 1, ...(dimRoundingMode === undefined ? {} : { dimRoundingMode }) };
}

/** Gradients of convolutions, and convolutions of volumes, as 2-D convolutions, which wasm has from XNNPACK. */
export const convolutionKernels: readonly Composition[] = [
  composed<tf.Conv2DBackpropInputAttrs>(tf.Conv2DBackpropInput, 'slow', ({ dy, filter }, attrs) =>
    inputGradient(dy! as tf.Tensor4D, filter! as tf.Tensor4D, attrs.inputShape, window(attrs)),
  ),
  composed<tf.Conv2DBackpropFilterAttrs>(tf.Conv2DBackpropFilter, 'slow', ({ x, dy }, attrs) =>
    filterGradient(x! as tf.Tensor4D, dy! as tf.Tensor4D, attrs.filterShape, window(attrs)),
  ),
  composed<tf.Conv3DAttrs>(tf.Conv3D, 'slow', ({ x, filter }, attrs) =>
    convolve3d(x! as tf.Tensor5D, filter! as tf.Tensor5D, attrs),
  ),
  composed<tf.Conv3DBackpropInputV2Attrs>(tf.Conv3DBackpropInputV2, 'slow', ({ dy, filter }, attrs) =>
    inputGradient3d(dy! as tf.Tensor5D, filter! as tf.Tensor5D, attrs.inputShape, { ...attrs, dilations: 1 }),
  ),
  composed<tf.Conv3DBackpropFilterV2Attrs>(tf.Conv3DBackpropFilterV2, 'slow', ({ x, dy }, attrs) =>
    filterGradient3d(x! as tf.Tensor5D, dy! as tf.Tensor5D, attrs.filterShape, { ...attrs, dilations: 1 }),
  ),
];
