import * as tf from '@tensorflow/tfjs-core';
import { filterGradient3d, inputGradient3d } from './convolve3d.js';
import { gradient, runKernel } from './define.js';

const dilated = (dilations: number | number[]): boolean => [dilations].flat().some((d) => d !== 1);

/** TFJS's gradient kernels have no attribute for a dilation; those of the backends that core completes have. */
interface Dilated {
  readonly dilations?: [number, number] | number;
}

/** Convolutions and the kernels of their gradients, which are convolutions of the same kind. */
export const convolutionGradients: readonly tf.GradConfig[] = [
  gradient<tf.Conv2DAttrs>(tf.Conv2D, { values: ['x', 'filter'] }, (dy, [x, filter], attrs) => ({
    x: () => runKernel(tf.Conv2DBackpropInput, { dy, filter: filter! }, { ...attrs, inputShape: x!.shape }),
    filter: () => runKernel(tf.Conv2DBackpropFilter, { x: x!, dy }, { ...attrs, filterShape: filter!.shape }),
  })),
  gradient<tf.Conv2DBackpropInputAttrs & Dilated>(
    tf.Conv2DBackpropInput,
    { values: ['dy', 'filter'] },
    (ddx, [dy, filter], attrs) => ({
      dy: () => runKernel(tf.Conv2D, { x: ddx, filter: filter! }, { dilations: 1, ...attrs }),
      filter: () => runKernel(tf.Conv2DBackpropFilter, { x: ddx, dy: dy! }, { ...attrs, filterShape: filter!.shape }),
    }),
  ),
  gradient<tf.Conv2DBackpropFilterAttrs & Dilated>(
    tf.Conv2DBackpropFilter,
    { values: ['x', 'dy'] },
    (ddw, [x, dy], attrs) => ({
      x: () => runKernel(tf.Conv2DBackpropInput, { dy: dy!, filter: ddw }, { ...attrs, inputShape: x!.shape }),
      dy: () => runKernel(tf.Conv2D, { x: x!, filter: ddw }, { dilations: 1, ...attrs }),
    }),
  ),
  gradient<tf.DepthwiseConv2dNativeAttrs>(
    tf.DepthwiseConv2dNative,
    { values: ['x', 'filter'] },
    (dy, [x, filter], attrs) => ({
      x: () =>
        runKernel(tf.DepthwiseConv2dNativeBackpropInput, { dy, filter: filter! }, { ...attrs, inputShape: x!.shape }),
      filter: () =>
        runKernel(tf.DepthwiseConv2dNativeBackpropFilter, { x: x!, dy }, { ...attrs, filterShape: filter!.shape }),
    }),
  ),
  gradient<tf.DepthwiseConv2dNativeBackpropInputAttrs>(
    tf.DepthwiseConv2dNativeBackpropInput,
    { values: ['dy', 'filter'] },
    (ddx, [dy, filter], attrs) => ({
      dy: () => runKernel(tf.DepthwiseConv2dNative, { x: ddx, filter: filter! }, { dataFormat: 'NHWC', ...attrs }),
      filter: () =>
        runKernel(
          tf.DepthwiseConv2dNativeBackpropFilter,
          { x: ddx, dy: dy! },
          { ...attrs, filterShape: filter!.shape },
        ),
    }),
  ),
  gradient<tf.DepthwiseConv2dNativeBackpropFilterAttrs>(
    tf.DepthwiseConv2dNativeBackpropFilter,
    { values: ['x', 'dy'] },
    (ddw, [x, dy], attrs) => ({
      x: () =>
        runKernel(tf.DepthwiseConv2dNativeBackpropInput, { dy: dy!, filter: ddw }, { ...attrs, inputShape: x!.shape }),
      dy: () => runKernel(tf.DepthwiseConv2dNative, { x: x!, filter: ddw }, { dataFormat: 'NHWC', ...attrs }),
    }),
  ),
  gradient<tf.Conv3DAttrs>(tf.Conv3D, { values: ['x', 'filter'] }, (dy, saved, attrs) => {
    const [x, filter] = [saved[0] as tf.Tensor5D, saved[1] as tf.Tensor5D];
    if (dilated(attrs.dilations)) {
      return {
        x: () => inputGradient3d(dy as tf.Tensor5D, filter, x.shape, attrs),
        filter: () => filterGradient3d(x, dy as tf.Tensor5D, filter.shape, attrs),
      };
    }
    return {
      x: () => runKernel(tf.Conv3DBackpropInputV2, { dy, filter }, { ...attrs, inputShape: x.shape }),
      filter: () => runKernel(tf.Conv3DBackpropFilterV2, { x, dy }, { ...attrs, filterShape: filter.shape }),
    };
  }),
  gradient<tf.Conv3DBackpropInputV2Attrs>(
    tf.Conv3DBackpropInputV2,
    { values: ['dy', 'filter'] },
    (ddx, [dy, filter], attrs) => ({
      dy: () => runKernel(tf.Conv3D, { x: ddx, filter: filter! }, { dataFormat: 'NDHWC', dilations: 1, ...attrs }),
      filter: () => runKernel(tf.Conv3DBackpropFilterV2, { x: ddx, dy: dy! }, { ...attrs, filterShape: filter!.shape }),
    }),
  ),
  gradient<tf.Conv3DBackpropFilterV2Attrs>(
    tf.Conv3DBackpropFilterV2,
    { values: ['x', 'dy'] },
    (ddw, [x, dy], attrs) => ({
      x: () => runKernel(tf.Conv3DBackpropInputV2, { dy: dy!, filter: ddw }, { ...attrs, inputShape: x!.shape }),
      dy: () => runKernel(tf.Conv3D, { x: x!, filter: ddw }, { dataFormat: 'NDHWC', dilations: 1, ...attrs }),
    }),
  ),
  gradient<tf.Dilation2DAttrs>(tf.Dilation2D, { values: ['x', 'filter'] }, (dy, [x, filter], attrs) => ({
    x: () => runKernel(tf.Dilation2DBackpropInput, { x: x!, filter: filter!, dy }, { ...attrs }),
    filter: () => runKernel(tf.Dilation2DBackpropFilter, { x: x!, filter: filter!, dy }, { ...attrs }),
  })),
];
