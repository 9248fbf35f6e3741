import * as tf from '@tensorflow/tfjs-core';
import { RandomBernoulli, RandomUniform } from '../kernels/random/spec.js';
import type { OwnKernel } from '../kernels/own.js';
import { defaultGenerator, type Generator, type GeneratorState } from './generator.js';

/** Below this many numbers a call of a kernel costs more than it saves. */
const few = 1024;

function areMany(shape: readonly number[]): boolean {
  return shape.reduce((size, d) => size * d, 1) >= few;
}

function sized(shape: readonly number[]): Float32Array {
  return new Float32Array(shape.reduce((size, d) => size * d, 1));
}

/** The generator's next numbers by a kernel, the same ones as in JavaScript; null where there is none. */
function drawn<Attributes extends { shape: readonly number[]; state: GeneratorState }>(
  kernel: OwnKernel<Record<string, never>, Attributes>,
  generator: Generator,
  attrs: Omit<Attributes, 'state'>,
): tf.Tensor | null {
  if (!kernel.isBrought) return null;
  // not through kernel.run, which says no while gradients are recorded: this has no input that one could flow to
  const all = { ...attrs, state: generator.state } as unknown as tf.NamedAttrMap;
  const [values, after] = tf.engine().runKernel(kernel.kernelName, {}, all) as unknown as [tf.Tensor, tf.Tensor];
  generator.state = Array.from(after.dataSync(), (word) => word >>> 0) as unknown as GeneratorState;
  after.dispose();
  return values;
}

/** float32 tensor of `shape`, uniform in [low, high). */
export function uniformTensor(
  shape: readonly number[],
  low = 0,
  high = 1,
  generator: Generator = defaultGenerator(),
): tf.Tensor {
  const native = areMany(shape) ? drawn(RandomUniform, generator, { shape: [...shape], low, high }) : null;
  if (native !== null) return native;
  const values = sized(shape);
  for (let i = 0; i < values.length; i++) values[i] = generator.uniform(low, high);
  return tf.tensor(values, [...shape], 'float32');
}

/** float32 tensor of `shape`, normal with `mean` and `std`. */
export function normalTensor(
  shape: readonly number[],
  mean = 0,
  std = 1,
  generator: Generator = defaultGenerator(),
): tf.Tensor {
  const values = sized(shape);
  for (let i = 0; i < values.length; i++) values[i] = generator.normal(mean, std);
  return tf.tensor(values, [...shape], 'float32');
}

/** float32 tensor of `shape`, 1 with probability `keep`, else 0. */
export function bernoulliTensor(
  shape: readonly number[],
  keep: number,
  generator: Generator = defaultGenerator(),
): tf.Tensor {
  const attrs = { shape: [...shape], probability: keep, dtype: 'float32' as const };
  const native = areMany(shape) ? drawn(RandomBernoulli, generator, attrs) : null;
  if (native !== null) return native;
  const values = sized(shape);
  const threshold = keep * 4294967296;
  for (let i = 0; i < values.length; i++) values[i] = generator.uint32() < threshold ? 1 : 0;
  return tf.tensor(values, [...shape], 'float32');
}

/** {@link bernoulliTensor} of dtype bool, from the same numbers. */
export function bernoulliMask(
  shape: readonly number[],
  keep: number,
  generator: Generator = defaultGenerator(),
): tf.Tensor {
  const native = drawn(RandomBernoulli, generator, { shape: [...shape], probability: keep, dtype: 'bool' as const });
  if (native !== null) return native;
  const threshold = keep * 4294967296;
  const values = Uint8Array.from({ length: tf.util.sizeFromShape([...shape]) }, () =>
    generator.uint32() < threshold ? 1 : 0,
  );
  return tf.tensor(values, [...shape], 'bool');
}
