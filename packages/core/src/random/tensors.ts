import * as tf from '@tensorflow/tfjs-core';
import { RandomBernoulli, RandomUniform } from '../kernels/random/spec.js';
import type { Kernel } from '../kernels/own.js';
import { defaultGenerator, type Generator, type GeneratorState } from './generator.js';
import { skipsDraws } from './without-draws.js';

/** Below this many numbers a call of a backend's own kernel costs more than it saves. */
const few = 1024;

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, d) => size * d, 1);

/** A kernel's numbers from where the generator is, which moves on behind them: `steps` for each. */
function drawn<Attributes extends { shape: readonly number[]; state: GeneratorState }>(
  kernel: Kernel<Record<string, never>, Attributes>,
  generator: Generator,
  steps: number,
  given: Omit<Attributes, 'state'>,
): tf.Tensor {
  const attrs = { ...given, state: generator.state } as unknown as Attributes;
  const count = sizeOf(attrs.shape);
  generator.skip(count * steps);
  if (!kernel.isBrought || count < few) return kernel.reference({}, attrs)[0]!;
  // not through kernel.run, which runs the reference while gradients are recorded: this has no input that one could flow to
  return tf.engine().runKernel(kernel.kernelName, {}, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
}

/** float32 tensor of `shape`, uniform in [low, high). */
export function uniformTensor(
  shape: readonly number[],
  low = 0,
  high = 1,
  generator: Generator = defaultGenerator(),
): tf.Tensor {
  if (skipsDraws()) return tf.zeros([...shape]);
  return drawn(RandomUniform, generator, 2, { shape: [...shape], low, high });
}

/** float32 tensor of `shape`, normal with `mean` and `std`. */
export function normalTensor(
  shape: readonly number[],
  mean = 0,
  std = 1,
  generator: Generator = defaultGenerator(),
): tf.Tensor {
  if (skipsDraws()) return tf.zeros([...shape]);
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = generator.normal(mean, std);
  return tf.tensor(values, [...shape], 'float32');
}

/** float32 tensor of `shape`, 1 with probability `keep`, else 0. */
export function bernoulliTensor(
  shape: readonly number[],
  keep: number,
  generator: Generator = defaultGenerator(),
): tf.Tensor {
  return drawn(RandomBernoulli, generator, 1, { shape: [...shape], probability: keep, dtype: 'float32' });
}

/** {@link bernoulliTensor} of dtype bool, from the same numbers. */
export function bernoulliMask(
  shape: readonly number[],
  keep: number,
  generator: Generator = defaultGenerator(),
): tf.Tensor {
  return drawn(RandomBernoulli, generator, 1, { shape: [...shape], probability: keep, dtype: 'bool' });
}
