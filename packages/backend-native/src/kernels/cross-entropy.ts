import { kernels } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { addressOf, areFloats, kernel, type Inputs, type NativeKernel } from '../kernel.js';

const sizeOf = (shape: readonly number[]): number => tf.util.sizeFromShape(shape as number[]);

function areLabels({ target, weight }: Inputs): boolean {
  return target!.dtype === 'int32' && areFloats(weight);
}

export const crossEntropyKernels: readonly NativeKernel[] = [
  kernel<kernels.SoftmaxCrossEntropyAttrs>(kernels.SoftmaxCrossEntropy.kernelName, (backend, inputs, attrs) => {
    const { logits, target, weight } = inputs;
    if (!areLabels(inputs) || !areFloats(logits)) return null;
    const outputs = [1, 2, 3].map(() => backend.output(target!.shape, 'float32'));
    const places = [logits, target, weight, ...outputs].map((info) => addressOf(backend, info));
    const sizes = [sizeOf(target!.shape), logits!.shape.at(-1)!];
    backend.call('softmax_cross_entropy', ...places, ...sizes, attrs.ignoreIndex, attrs.labelSmoothing);
    return outputs;
  }),
  kernel<kernels.SoftmaxCrossEntropyAttrs>(kernels.SoftmaxCrossEntropyGrad.kernelName, (backend, inputs, attrs) => {
    const { dy, logits, target, weight, largest, logSum } = inputs;
    if (!areLabels(inputs) || !areFloats(dy, logits, largest, logSum)) return null;
    const dlogits = backend.output(logits!.shape, 'float32');
    const places = [dy, logits, target, weight, largest, logSum, dlogits].map((info) => addressOf(backend, info));
    const sizes = [sizeOf(target!.shape), logits!.shape.at(-1)!];
    backend.call('softmax_cross_entropy_grad', ...places, ...sizes, attrs.ignoreIndex, attrs.labelSmoothing);
    return dlogits;
  }),
  kernel<{ classes: number; ignoreIndex: number }>(kernels.LabelWeights.kernelName, (backend, inputs, attrs) => {
    const { target, weight } = inputs;
    if (!areLabels(inputs)) return null;
    const out = backend.output(target!.shape, 'float32');
    const places = [target, weight, out].map((info) => addressOf(backend, info));
    backend.call('label_weights', ...places, sizeOf(target!.shape), attrs.classes, attrs.ignoreIndex);
    return out;
  }),
  kernel<kernels.LabelRangeAttrs>(kernels.LabelRange.kernelName, (backend, inputs, { ignoreIndex }) => {
    const { target } = inputs;
    if (!areLabels(inputs)) return null;
    const out = backend.output([2], 'int32');
    const ignored = [Number(ignoreIndex !== null), ignoreIndex ?? 0];
    backend.call('label_range', backend.address(target!), backend.address(out), sizeOf(target!.shape), ...ignored);
    return out;
  }),
];
