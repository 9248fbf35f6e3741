import * as tf from '@tensorflow/tfjs-core';
import { Generator, normalTensor, scope, valueAndGradients } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { createEdgeDecoder, DistMultDecoder, EdgeIndex, type EdgeDecoderConfig } from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => useTestBackend('wasm'));

const configs: EdgeDecoderConfig[] = [
  { type: 'inner-product' },
  { type: 'dist-mult' },
  { type: 'mlp' },
  { type: 'mlp', combine: 'concat', hiddenChannels: [5, 4] },
];

describe('decoders of edges', () => {
  it.each(configs)('$type: pairs are places of the matrix of all pairs', (config) =>
    scope(() => {
      const generator = new Generator(3);
      const z = normalTensor([6, 4], 0, 1, generator);
      const decoder = createEdgeDecoder(config, 4, { generator });
      const [from, to] = [
        [0, 5, 2, 2, 2],
        [1, 0, 2, 3, 3],
      ];
      const pairs = new EdgeIndex([from, to], 6);
      const all = decoder.forwardAll(z);
      const places = tf.gatherND(all, tf.stack([pairs.adjacency.source, pairs.adjacency.destination], 1));
      expectClose(decoder.forward(z, pairs), places, { rtol: 1e-4, atol: 1e-5 });
      const { gradients } = valueAndGradients(() => tf.sum(tf.square(decoder.forward(z, pairs))), decoder.parameters());
      for (const [name, parameter] of decoder.namedParameters()) {
        expect(tf.max(tf.abs(gradients.get(parameter)!)).dataSync()[0], name).toBeGreaterThan(0);
      }
      const dz = tf.grad((z) => tf.sum(tf.square(decoder.forward(z, pairs))))(z);
      expect(tf.max(tf.abs(dz), 1).arraySync()).toMatchObject(
        [0, 1, 2, 3, 4, 5].map((node) => (node === 4 ? 0 : expect.any(Number))),
      );
      expect(() => decoder.forward(tf.zeros([5, 4]), pairs)).toThrow('6 nodes');
      expect(() => decoder.forwardAll(tf.zeros([5001, 4]))).toThrow('at most 5000');
      pairs.dispose();
      decoder.dispose();
    }),
  );

  it('DistMult has a vector for each relation', () =>
    scope(() => {
      const decoder = new DistMultDecoder(3, 2, { generator: new Generator(1) });
      const z = normalTensor([4, 3], 0, 1, new Generator(2));
      const pairs = new EdgeIndex(
        [
          [0, 0],
          [1, 1],
        ],
        4,
      );
      const scores = decoder.forward(z, pairs, tf.tensor1d([0, 1], 'int32'));
      const each = [0, 1].map((relation) => tf.slice(decoder.forwardAll(z, relation), [0, 1], [1, 1]).dataSync()[0]!);
      expectClose(scores, tf.tensor1d(each));
      expect(each[0]).not.toBeCloseTo(each[1]!);
      expect(() => decoder.forward(z, pairs)).toThrow('needs the relation of each of 2 pairs');
      pairs.dispose();
      decoder.dispose();
    }));

  it('says which decoders there are', () => {
    expect(() => createEdgeDecoder({ type: 'cosine' } as never, 4)).toThrow('known are inner-product, dist-mult, mlp');
  });
});
