import * as tf from '@tensorflow/tfjs-core';
import { Generator, type GeneratorState } from '../../random/generator.js';
import type { RandomBernoulliAttrs, RandomUniformAttrs } from './spec.js';

function generatorAt(state: GeneratorState): Generator {
  const generator = new Generator();
  generator.state = state;
  return generator;
}

export function randomUniform(_: object, { shape, state, low, high }: RandomUniformAttrs): tf.Tensor[] {
  const generator = generatorAt(state);
  const values = new Float32Array(tf.util.sizeFromShape([...shape]));
  for (let i = 0; i < values.length; i++) values[i] = generator.uniform(low, high);
  return [tf.tensor(values, [...shape], 'float32')];
}

export function randomBernoulli(_: object, { shape, state, probability, dtype }: RandomBernoulliAttrs): tf.Tensor[] {
  const generator = generatorAt(state);
  const size = tf.util.sizeFromShape([...shape]);
  const values = dtype === 'float32' ? new Float32Array(size) : new Uint8Array(size);
  const threshold = probability * 4294967296;
  for (let i = 0; i < values.length; i++) values[i] = generator.uint32() < threshold ? 1 : 0;
  return [tf.tensor(values, [...shape], dtype)];
}
