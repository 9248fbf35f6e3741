import * as tf from '@tensorflow/tfjs-core';
import {
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  decodeValues,
  functional,
  layouts,
  type ConvOptions,
  type ConvTransposeOptions,
  type Module,
  type Parameter,
  type UnaryModule,
} from '@hourglass/core';
import { opAdapter, type ParityCase, type Runnable } from '@hourglass/core/testing';
import { camelCase, channelsFirst, channelsLast, kernelFirst } from './reference-layout.js';

type Convolve = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | null, options: object) => tf.Tensor;

/** F.conv…(x, w, b): inputs x, w and perhaps b. */
function functionCase(convolve: Convolve): (parityCase: ParityCase) => Runnable {
  return ({ args }) => ({
    forward: ({ x, w, b }) => ({
      y: channelsFirst(convolve(channelsLast(x!), kernelFirst(w!), b ?? null, camelCase(args))),
    }),
  });
}

/** The same with x of shape [channels, length]. */
function unbatchedCase(convolve: Convolve): (parityCase: ParityCase) => Runnable {
  return ({ args }) => ({
    forward: ({ x, w, b }) => ({
      y: tf.transpose(convolve(tf.transpose(x!), kernelFirst(w!), b ?? null, camelCase(args))),
    }),
  });
}

type Layer = new (
  inChannels: number,
  outChannels: number,
  options: ConvOptions & ConvTransposeOptions,
) => Module & UnaryModule;

/** A module with its parameters from the checkpoint. */
function moduleCase(Conv: Layer): (parityCase: ParityCase) => Runnable {
  return ({ args, parameters }) => {
    const { inChannels, outChannels, ...options } = camelCase(args);
    const module = new Conv(
      inChannels as number,
      outChannels as number,
      options as unknown as ConvOptions & ConvTransposeOptions,
    );
    for (const [name, parameter] of module.namedParameters()) load(parameter, parameters, name);
    return { module, forward: ({ x }) => ({ y: channelsFirst(module.forward(channelsLast(x!))) }) };
  };
}

function load(parameter: Parameter, parameters: ParityCase['parameters'], name: string): void {
  const stored = parameters.get(name)!;
  const { values } = decodeValues(stored);
  const memory = layouts.toMemory(parameter.layout, values, stored.shape);
  const value = tf.tensor(memory, parameter.shape, 'float32');
  parameter.assign(value);
  value.dispose();
}

const { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } = functional;

export const adapters = [
  opAdapter({
    conv1d: functionCase(conv1d),
    conv2d: functionCase(conv2d),
    conv3d: functionCase(conv3d),
    conv_transpose1d: functionCase(convTranspose1d),
    conv_transpose2d: functionCase(convTranspose2d),
    conv_transpose3d: functionCase(convTranspose3d),
    'conv1d unbatched': unbatchedCase(conv1d),
    'Conv1d module': moduleCase(Conv1d),
    'Conv2d module': moduleCase(Conv2d),
    'Conv3d module': moduleCase(Conv3d),
    'ConvTranspose1d module': moduleCase(ConvTranspose1d),
    'ConvTranspose2d module': moduleCase(ConvTranspose2d),
    'ConvTranspose3d module': moduleCase(ConvTranspose3d),
  }),
];
