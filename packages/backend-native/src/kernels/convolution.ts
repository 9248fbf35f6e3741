import * as tf from '@tensorflow/tfjs-core';
import { isSound, layer2d, layer3d, type Attributes, type Layer } from '../convolution/layer.js';
import { filterGradient, forward, inputGradient } from '../convolution/run.js';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

type LayerOf = (x: readonly number[], filter: readonly number[], attrs: Attributes) => Layer | null;

/** The three kernels of a convolution and its gradients. */
function family(names: { forward: string; input: string; filter: string }, layerOf: LayerOf): NativeKernel[] {
  const sound: LayerOf = (...args) => {
    const layer = layerOf(...args);
    return layer !== null && isSound(layer) ? layer : null;
  };
  return [
    kernel<Attributes>(names.forward, (backend, { x, filter }, attrs) => {
      const layer = areFloats(x, filter) ? sound(x!.shape, filter!.shape, attrs) : null;
      return layer && forward(backend, names.forward, layer, x!, filter!);
    }),
    kernel<Attributes & { inputShape: number[] }>(names.input, (backend, { dy, filter }, attrs) => {
      const layer = areFloats(dy, filter) ? sound(attrs.inputShape, filter!.shape, attrs) : null;
      return layer && inputGradient(backend, names.input, layer, dy!, filter!);
    }),
    kernel<Attributes & { filterShape: number[] }>(names.filter, (backend, { x, dy }, attrs) => {
      const layer = areFloats(x, dy) ? sound(x!.shape, attrs.filterShape, attrs) : null;
      return layer && filterGradient(backend, names.filter, layer, x!, dy!)[0];
    }),
  ];
}

export const convolutionKernels: readonly NativeKernel[] = [
  ...family({ forward: tf.Conv2D, input: tf.Conv2DBackpropInput, filter: tf.Conv2DBackpropFilter }, layer2d),
  ...family({ forward: tf.Conv3D, input: tf.Conv3DBackpropInputV2, filter: tf.Conv3DBackpropFilterV2 }, layer3d),
];
