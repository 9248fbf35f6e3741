import { kernels } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { addressOf, areFloats, kernel, type Inputs, type NativeKernel } from '../kernel.js';

/** Positions, channels, and the sizes of alpha and beta; null where they do not fit. */
function sizesOf({ x, alpha, beta }: Inputs): number[] | null {
  const channels = x!.shape.at(-1) ?? 1;
  const size = tf.util.sizeFromShape(x!.shape);
  const parameters = [alpha!, beta ?? alpha!].map(({ shape }) => tf.util.sizeFromShape(shape));
  if (parameters.some((count) => count !== 1 && count !== channels)) return null;
  return [size === 0 ? 0 : size / channels, channels, ...parameters];
}

/** Kernels of periodic activation functions. */
export const periodicKernels: readonly NativeKernel[] = [
  kernel<kernels.SnakeAttrs>(kernels.Snake.kernelName, (backend, inputs, { logScale, eps }) => {
    const { x, alpha, beta } = inputs;
    const sizes = sizesOf(inputs);
    if (!areFloats(x, alpha, beta) || sizes === null) return null;
    const y = backend.output(x!.shape, 'float32');
    const places = [y, x, alpha, beta ?? alpha].map((info) => addressOf(backend, info));
    backend.call('snake', ...places, ...sizes, eps, Number(logScale));
    return y;
  }),
  kernel<kernels.SnakeAttrs>(kernels.SnakeGrad.kernelName, (backend, inputs, { logScale, eps }) => {
    const { x, alpha, beta, dy } = inputs;
    const sizes = sizesOf(inputs);
    if (!areFloats(x, alpha, beta, dy) || sizes === null || !tf.util.arraysEqual(x!.shape, dy!.shape)) return null;
    const outputs = [x!, alpha!, ...(beta == null ? [] : [beta])].map(({ shape }) => backend.output(shape, 'float32'));
    const places = [...[0, 1, 2].map((i) => outputs[i]), dy, x, alpha, beta ?? alpha];
    const addresses = places.map((info) => addressOf(backend, info));
    backend.call('snake_grad', ...addresses, ...sizes, eps, Number(logScale));
    return outputs;
  }),
];
