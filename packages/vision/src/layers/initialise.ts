import {
  Conv2d,
  defaultGenerator,
  Linear,
  normalTensor,
  scope,
  uniformTensor,
  type Generator,
  type Module,
  type Parameter,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/** Values entering and leaving one unit. */
function fans(weight: Parameter): { in: number; out: number } {
  const [out, inner, ...kernel] = weight.checkpointShape as [number, number, ...number[]];
  const field = kernel.reduce((size, d) => size * d, 1);
  return { in: inner * field, out: out * field };
}

type Draw = (fan: { in: number; out: number }, shape: number[]) => tf.Tensor;

function redraw(root: Module, kinds: { conv?: Draw; linear?: Draw; zeroBias: boolean }): void {
  scope(() => {
    for (const [, module] of root.namedModules()) {
      const draw = module instanceof Conv2d ? kinds.conv : module instanceof Linear ? kinds.linear : undefined;
      if (draw === undefined || !(module instanceof Conv2d || module instanceof Linear)) continue;
      module.weight.assign(draw(fans(module.weight), module.weight.shape));
      if (kinds.zeroBias && module.bias) module.bias.assign(tf.zeros(module.bias.shape));
    }
  });
}

const xavier =
  (generator: Generator): Draw =>
  (fan, shape) => {
    const bound = Math.sqrt(6 / (fan.in + fan.out));
    return uniformTensor(shape, -bound, bound, generator);
  };

/** A ResNet's: He normal by fan-out for convolutions; linear layers keep theirs. */
export function initialiseResNet(root: Module, generator: Generator = defaultGenerator()): void {
  redraw(root, { conv: (fan, shape) => normalTensor(shape, 0, Math.sqrt(2 / fan.out), generator), zeroBias: false });
}

/** A decoder's: He uniform by fan-in for convolutions, Xavier uniform for linear layers, no bias. Transposed ones keep theirs. */
export function initialiseDecoder(root: Module, generator: Generator = defaultGenerator()): void {
  redraw(root, {
    conv: (fan, shape) => {
      const bound = Math.sqrt(6 / fan.in);
      return uniformTensor(shape, -bound, bound, generator);
    },
    linear: xavier(generator),
    zeroBias: true,
  });
}

/** A head's: Xavier uniform, no bias. */
export function initialiseHead(root: Module, generator: Generator = defaultGenerator()): void {
  redraw(root, { conv: xavier(generator), linear: xavier(generator), zeroBias: true });
}
