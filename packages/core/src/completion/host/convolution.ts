import * as tf from '@tensorflow/tfjs-core';
import { filterGradient, inputGradient, type Window } from '../../gradients/convolve.js';
import { convolve3d, filterGradient3d, inputGradient3d } from '../../gradients/convolve3d.js';
import { composed, type Composition } from '../composition.js';
import { filterGradientSimd } from '../simd/filter-gradient.js';
import { simdKernels } from '../simd/index.js';

/** Also of the gradient kernels, which in TFJS know no dilation. */
interface Dilated {
  readonly dilations?: [number, number] | number;
}
type InputAttrs = tf.Conv2DBackpropInputAttrs & Dilated;
type FilterAttrs = tf.Conv2DBackpropFilterAttrs & Dilated;

function window(attrs: InputAttrs | FilterAttrs): Window {
  const { strides, pad, dimRoundingMode, dilations = 1 } = attrs;
  return { strides, pad, dilations, ...(dimRoundingMode === undefined ? {} : { dimRoundingMode }) };
}

const inputKernel = composed<InputAttrs>(tf.Conv2DBackpropInput, 'slow', ({ dy, filter }, attrs) =>
  inputGradient(dy! as tf.Tensor4D, filter! as tf.Tensor4D, attrs.inputShape, window(attrs)),
);

const filterKernel = composed<FilterAttrs>(tf.Conv2DBackpropFilter, 'slow', ({ x, dy }, attrs) =>
  filterGradient(x! as tf.Tensor4D, dy! as tf.Tensor4D, attrs.filterShape, window(attrs)),
);

/** With vector instructions about twice as fast as the convolution that it otherwise is. */
const vectorFilterKernel: Composition = {
  ...filterKernel,
  run(inputs, attrs, backend, original) {
    const simd = simdKernels(backend);
    if (simd === null) return filterKernel.run(inputs, attrs, backend, original);
    const { filterShape, strides, pad, dimRoundingMode, dilations = 1 } = attrs as FilterAttrs;
    const [x, dy] = [inputs.x! as tf.Tensor4D, inputs.dy!];
    const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, dilations, pad, dimRoundingMode);
    return filterGradientSimd(x, dy, info, backend, simd);
  },
};

/** TFJS's kernel, but the composition where there is a dilation, which TFJS's would ignore. */
function unlessDilated(composition: Composition): Composition {
  return {
    ...composition,
    because: 'wrong',
    run(inputs, attrs, backend, original) {
      const dilated = [(attrs as Dilated).dilations ?? 1].flat().some((dilation) => dilation !== 1);
      return dilated ? composition.run(inputs, attrs, backend, original) : original(inputs, attrs);
    },
  };
}

/** For a backend that has the gradients of convolutions. */
export const dilatedKernels: readonly Composition[] = [unlessDilated(inputKernel), unlessDilated(filterKernel)];

/** Gradients of convolutions, and convolutions of volumes, as 2-D convolutions, which wasm has from XNNPACK. */
export const convolutionKernels: readonly Composition[] = [
  inputKernel,
  vectorFilterKernel,
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
