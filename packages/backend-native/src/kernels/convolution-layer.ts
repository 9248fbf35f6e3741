import { kernels } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import { isSound, layerOf, type Layer } from '../convolution/layer.js';
import { filterGradient, forward, inputGradient } from '../convolution/run.js';
import { isRow } from '../finish.js';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

const { convolution, convolutionInputGradient, convolutionFilterGradient } = kernels;

const inner = ({ shape }: tf.TensorInfo): number[] => shape.slice(1, -1);
const sound = (layer: Layer | null): Layer | null => (layer !== null && isSound(layer) ? layer : null);
const fits = (bias: tf.TensorInfo | undefined, channels: number): boolean =>
  bias === undefined || isRow(bias, channels);

/** Core's own convolutions, with groups and bias. */
export const convolutionLayerKernels: readonly NativeKernel[] = [
  kernel<kernels.ConvolutionAttributes>(convolution.kernelName, (backend, { x, filter, bias }, attrs) => {
    if (!areFloats(x, filter, bias)) return null;
    const layer = sound(layerOf(x!.shape[0]!, inner(x!), filter!.shape, attrs, attrs.outputSizes));
    if (layer === null || !fits(bias, layer.channelsOut)) return null;
    return forward(backend, convolution.kernelName, layer, x!, filter!, { bias });
  }),
  kernel<kernels.ConvolutionInputGradientAttributes>(
    convolutionInputGradient.kernelName,
    (backend, { dy, filter, bias }, attrs) => {
      if (!areFloats(dy, filter, bias)) return null;
      const layer = sound(layerOf(dy!.shape[0]!, attrs.sizes, filter!.shape, attrs, inner(dy!)));
      if (layer === null || !fits(bias, layer.channelsIn)) return null;
      return inputGradient(backend, convolutionInputGradient.kernelName, layer, dy!, filter!, { bias });
    },
  ),
  kernel<kernels.ConvolutionFilterGradientAttributes>(
    convolutionFilterGradient.kernelName,
    (backend, { x, dy }, attrs) => {
      if (!areFloats(x, dy)) return null;
      const shape = [...attrs.kernel, x!.shape.at(-1)! / attrs.groups, dy!.shape.at(-1)!];
      const layer = sound(layerOf(x!.shape[0]!, inner(x!), shape, attrs, inner(dy!)));
      if (layer === null) return null;
      const [dfilter, dbias] = filterGradient(
        backend,
        convolutionFilterGradient.kernelName,
        layer,
        x!,
        dy!,
        attrs.withBias,
      );
      return dbias === undefined ? dfilter : [dfilter, dbias];
    },
  ),
];
