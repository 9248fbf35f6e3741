import * as tf from '@tensorflow/tfjs-core';
import { isSound, layer2d, layer3d, type Attributes, type Layer } from '../convolution/layer.js';
import { filterGradient, forward, inputGradient } from '../convolution/run.js';
import { activationKernels, activations, finishInPasses, isRow } from '../finish.js';
import { areFloats, kernel, type NativeKernel } from '../kernel.js';

/** Null for layers that the C++ does not do. */
type LayerOf = (x: readonly number[], filter: readonly number[], attrs: Attributes) => Layer | null;

const layerDepthwise: LayerOf = (x, filter, attrs) => layer2d(x, filter, attrs, true);

const sound =
  (layerOf: LayerOf): LayerOf =>
  (x, filter, attrs) => {
    const layer = layerOf(x, filter, attrs);
    return layer !== null && isSound(layer) ? layer : null;
  };

/** The three kernels of a convolution and its gradients. */
function family(names: { forward: string; input: string; filter: string }, layerOf: LayerOf): NativeKernel[] {
  return [
    kernel<Attributes>(names.forward, (backend, { x, filter }, attrs) => {
      const layer = areFloats(x, filter) ? layerOf(x!.shape, filter!.shape, attrs) : null;
      return layer && forward(backend, names.forward, layer, x!, filter!);
    }),
    kernel<Attributes & { inputShape: number[] }>(names.input, (backend, { dy, filter }, attrs) => {
      const layer = areFloats(dy, filter) ? layerOf(attrs.inputShape, filter!.shape, attrs) : null;
      return layer && inputGradient(backend, names.input, layer, dy!, filter!);
    }),
    kernel<Attributes & { filterShape: number[] }>(names.filter, (backend, { x, dy }, attrs) => {
      const layer = areFloats(x, dy) ? layerOf(x!.shape, attrs.filterShape, attrs) : null;
      return layer && filterGradient(backend, names.filter, layer, x!, dy!)[0];
    }),
  ];
}

interface FusedAttributes extends Attributes {
  readonly activation?: tf.backend_util.Activation;
  readonly leakyreluAlpha?: number;
}

/** A convolution with bias and activation. */
function fused(name: string, layerOf: LayerOf): NativeKernel {
  return kernel<FusedAttributes>(name, (backend, inputs, attrs) => {
    const { x, filter, bias, preluActivationWeights: slopes } = inputs;
    const layer = areFloats(x, filter, bias, slopes) ? layerOf(x!.shape, filter!.shape, attrs) : null;
    if (layer === null) return null;
    const chosen = attrs.activation ?? 'linear';
    const activation = activations[chosen];
    const channels = layer.channelsOut;
    const [hasRow, hasSlopes] = [bias == null || isRow(bias, channels), chosen !== 'prelu' || isRow(slopes!, channels)];
    if (activation !== undefined && hasRow && hasSlopes) {
      const finish = {
        bias,
        activation,
        slope: attrs.leakyreluAlpha ?? 0,
        slopes: chosen === 'prelu' ? slopes : undefined,
      };
      return forward(backend, name, layer, x!, filter!, finish);
    }
    const after = chosen === 'linear' ? null : activationKernels[chosen];
    if (after === undefined) return null;
    const y = forward(backend, name, layer, x!, filter!, { bias: hasRow ? bias : undefined });
    return finishInPasses(backend, y, { ...inputs, bias: hasRow ? undefined : bias }, attrs, after);
  });
}

const [two, three, depthwise] = [sound(layer2d), sound(layer3d), sound(layerDepthwise)];

export const convolutionKernels: readonly NativeKernel[] = [
  ...family({ forward: tf.Conv2D, input: tf.Conv2DBackpropInput, filter: tf.Conv2DBackpropFilter }, two),
  ...family({ forward: tf.Conv3D, input: tf.Conv3DBackpropInputV2, filter: tf.Conv3DBackpropFilterV2 }, three),
  ...family(
    {
      forward: tf.DepthwiseConv2dNative,
      input: tf.DepthwiseConv2dNativeBackpropInput,
      filter: tf.DepthwiseConv2dNativeBackpropFilter,
    },
    depthwise,
  ),
  fused(tf.FusedConv2D, two),
  fused(tf.FusedDepthwiseConv2D, depthwise),
];
