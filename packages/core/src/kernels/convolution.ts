import * as tf from '@tensorflow/tfjs-core';
import { filterGradient, inputGradient, type Window } from '../gradients/convolve.js';
import { convolve3d, filterGradient3d, inputGradient3d } from '../gradients/convolve3d.js';
import { composed, type Composition } from './composition.js';
import { filterGradientSimd } from './simd/filter-gradient.js';
import { simdKernels } from './simd/index.js';

function window(attrs: tf.Conv2DBackpropInputAttrs | tf.Conv2DBackpropFilterAttrs): Window {
  const { strides, pad, dimRoundingMode } = attrs;
  return { strides, pad, dilations: 1, ...(dimRoundingMode === undefined ? {} : { dimRoundingMode }) };
}

const composedFilterKernel = composed<tf.Conv2DBackpropFilterAttrs>(
  tf.Conv2DBackpropFilter,
  'slow',
  ({ x, dy }, attrs) => filterGradient(x! as tf.Tensor4D, dy! as tf.Tensor4D, attrs.filterShape, window(attrs)),
);

/** With vector instructions about twice as fast as the convolution that it otherwise is. */
const filterKernel: Composition = {
  ...composedFilterKernel,
  run(inputs, attrs, backend, original) {
    const simd = simdKernels(backend);
    if (simd === null) return composedFilterKernel.run(inputs, attrs, backend, original);
    const { filterShape, strides, pad, dimRoundingMode } = attrs as tf.Conv2DBackpropFilterAttrs;
    const [x, dy] = [inputs.x! as tf.Tensor4D, inputs.dy!];
    const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
    return filterGradientSimd(x, dy, info, backend, simd);
  },
};

/** Gradients of convolutions, and convolutions of volumes, as 2-D convolutions, which wasm has from XNNPACK. */
export const convolutionKernels: readonly Composition[] = [
  composed<tf.Conv2DBackpropInputAttrs>(tf.Conv2DBackpropInput, 'slow', ({ dy, filter }, attrs) =>
    inputGradient(dy! as tf.Tensor4D, filter! as tf.Tensor4D, attrs.inputShape, window(attrs)),
  ),
  filterKernel,
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
