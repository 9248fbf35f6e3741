import { Dropout, type Generator, Module, normalTensor, scope } from '@hourglass/core';
import { testModel, type Outputs } from '@hourglass/testing';
import * as tf from '@tensorflow/tfjs-core';
import { loadToy, Normed, Toy, toyFacts } from './toy.js';

testModel(
  'a sound model',
  toyFacts((generator) => new Toy(generator), {
    load: (folder) => loadToy(folder, () => new Toy(undefined!, {})),
  }),
);

testModel(
  'a sound model with batch norm',
  toyFacts((generator) => new Normed(generator), {
    training: 'different',
    load: (folder) => loadToy(folder, () => new Normed(undefined!, {})),
  }),
);

testModel(
  'a sound model with dropout',
  toyFacts((generator) => new Toy(generator, { width: 16, dropout: 0.5 }), { training: 'random' }),
);

/** Sums points in sets of any sizes: a batch is all points, and the set of each. */
interface Sets {
  readonly points: tf.Tensor;
  readonly set: readonly number[];
}

class SetModel extends Module {
  readonly inner: Toy;
  readonly drop = new Dropout(0.1);

  constructor(generator: Generator) {
    super();
    this.inner = new Toy(generator);
  }

  forward({ points, set }: Sets): { readonly points: tf.Tensor; readonly sums: readonly tf.Tensor[] } {
    const count = Math.max(...set) + 1;
    return scope(() => {
      const y = this.inner.forward(points);
      return { points: y, sums: [tf.unsortedSegmentSum(y, tf.tensor1d([...set], 'int32'), count)] };
    });
  }
}

testModel('a model whose batches are unions and whose outputs are several', {
  create: (generator: Generator) => new SetModel(generator),
  inputs: [
    {
      name: 'sets of 1, 2, 3 … points',
      make: (generator, examples): Sets => {
        const set = Array.from({ length: examples }, (_, i) => Array.from({ length: i + 1 }, () => i)).flat();
        return { points: normalTensor([set.length, 3], 0, 1, generator), set };
      },
      gives: ({ points }, examples) => ({ points: points.shape, 'sums.0': [examples, 3] }),
    },
  ],
  batching: {
    join: (sets) => ({
      points: tf.concat(sets.map(({ points }) => points)),
      set: sets.flatMap(({ set }, i) => set.map(() => i)),
    }),
    split: (outputs, sets) => {
      const { points, sums } = outputs as { points: tf.Tensor; sums: readonly tf.Tensor[] };
      const parts = tf.split(
        points,
        sets.map(({ set }) => set.length),
      );
      return parts.map((part, i): Outputs => ({ points: part, sums: [tf.slice(sums[0]!, [i], [1])] }));
    },
  },
  withoutGradient: {},
  wrong: [{ name: 'flat points', make: () => ({ points: tf.zeros([2, 2]), set: [0, 0] }), says: /\[2, 2\]/ }],
});
