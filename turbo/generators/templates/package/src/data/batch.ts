import { check, type Generator } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { lengthOf, type Sequence } from './sequence.js';
import type { SequenceSetup } from '../models/setup.js';

/** Some steps of a sequence, from a random one on. @throws InvalidArgumentError when it is shorter. */
export function randomWindow(sequence: Sequence, steps: number, generator: Generator): Sequence {
  const { name, values, channels } = sequence;
  const length = lengthOf(sequence);
  check(length >= steps, () => `${name} has ${length} steps, windows of ${steps} were asked for`);
  const start = generator.integer(0, length - steps + 1);
  return { name, channels, values: values.slice(start * channels, (start + steps) * channels) };
}

/** Sequences of one length as a float32 tensor [N, L, channels], normalised. The caller disposes it. */
export function sequencesToTensor(sequences: readonly Sequence[], { mean, std }: SequenceSetup): tf.Tensor3D {
  const [first] = sequences;
  check(first !== undefined, 'a batch needs at least one sequence');
  const size = first.values.length;
  const values = new Float32Array(sequences.length * size);
  for (const [n, { name, values: own, channels }] of sequences.entries()) {
    check(
      channels === mean.length,
      () => `${name} has ${channels} channels, the model takes ${mean.length}: choose the same columns`,
    );
    check(own.length === size, () => `sequences of one batch must have one length, ${name} differs`);
    own.forEach((value, i) => {
      const channel = i % channels;
      values[n * size + i] = (value - mean[channel]!) / std[channel]!;
    });
  }
  return tf.tensor3d(values, [sequences.length, lengthOf(first), first.channels]);
}

/** A normalised tensor [1, L, channels] as a sequence of its own units again. */
export function tensorToSequence(x: tf.Tensor, { mean, std }: SequenceSetup, name: string): Sequence {
  const channels = mean.length;
  const values = x.dataSync<'float32'>().map((value, i) => value * std[i % channels]! + mean[i % channels]!);
  return { name, channels, values: Float32Array.from(values) };
}
