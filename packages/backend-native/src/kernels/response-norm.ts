import * as tf from '@tensorflow/tfjs-core';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

function options(shape: readonly number[], attrs: tf.LRNAttrs): number[] {
  const { depthRadius, bias, alpha, beta } = attrs;
  const channels = shape.at(-1)!;
  const pixels = shape.slice(0, -1).reduce((size, d) => size * d, 1);
  return [pixels, channels, Math.min(depthRadius, channels), bias, alpha, beta];
}

const isRadius = ({ depthRadius }: tf.LRNAttrs): boolean => Number.isInteger(depthRadius) && depthRadius >= 0;

/** Local response normalisation of TFJS; core's own is a product with a banded matrix. */
export const responseNormKernels: readonly NativeKernel[] = [
  kernel<tf.LRNAttrs>(tf.LRN, (backend, { x }, attrs) => {
    if (!areFloats(x) || !isRadius(attrs)) return null;
    const y = backend.output(x!.shape, 'float32');
    backend.call('response_norm', backend.address(x!), backend.address(y), ...options(x!.shape, attrs));
    return y;
  }),
  kernel<tf.LRNGradAttrs>(tf.LRNGrad, (backend, { x, y, dy }, attrs) => {
    if (!areFloats(x, y, dy) || !isRadius(attrs) || !tf.util.arraysEqual(x!.shape, dy!.shape)) return null;
    const dx = backend.output(x!.shape, 'float32');
    const addresses = [x!, y!, dy!, dx].map((info) => backend.address(info));
    backend.call('response_norm_gradient', ...addresses, ...options(x!.shape, attrs));
    return dx;
  }),
];
