import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, scope } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  RelationalAutoencoder,
  relationalEdges,
  trainRelationalAutoencoder,
  type RelationalAutoencoderOptions,
  type Triples,
} from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

const triples: Triples = {
  head: Int32Array.of(0, 1, 2, 3, 4),
  relation: Int32Array.of(0, 1, 0, 1, 0),
  tail: Int32Array.of(1, 2, 3, 4, 0),
};
const sizes: RelationalAutoencoderOptions = { numNodes: 6, numRelations: 4, hiddenChannels: 4, numBlocks: 2 };
const ints = (...values: number[]): tf.Tensor => tf.tensor1d(values, 'int32');

describe('relationalEdges', () => {
  it('leads there and back, and goes with its list', () => {
    const before = tf.memory().numTensors;
    const edges = relationalEdges(triples, 6, 2);
    expect([...edges.edges.source]).toEqual([0, 1, 2, 3, 4, 1, 2, 3, 4, 0]);
    expect([...edges.edges.destination]).toEqual([1, 2, 3, 4, 0, 0, 1, 2, 3, 4]);
    expect([...edges.types]).toEqual([0, 1, 0, 1, 0, 2, 3, 2, 3, 2]);
    expect(edges.relations).toBe(4);
    edges.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('RelationalAutoencoder', () => {
  it('scores all entities as it scores single triples', () => {
    const model = new RelationalAutoencoder({ ...sizes, generator: new Generator(1) });
    const edges = relationalEdges(triples, 6, 2);
    scope(() => {
      const scorer = model.scorer(model.encode(edges));
      const every = ints(0, 1, 2, 3, 4, 5);
      const same = (value: number): tf.Tensor => ints(...Array.from({ length: 6 }, () => value));
      expectClose(tf.reshape(scorer.scoreTails(ints(2), ints(3)), [6]), model.forward(edges, same(2), same(3), every));
      expectClose(tf.reshape(scorer.scoreHeads(ints(3), ints(2)), [6]), model.forward(edges, every, same(3), same(2)));
    });
    edges.dispose();
    model.dispose();
  });

  it('learns the triples, repeats with the seed, and leaks nothing', async () => {
    const trained = async (): Promise<number[]> => {
      const model = new RelationalAutoencoder({ ...sizes, generator: new Generator(1) });
      const before = tf.memory().numTensors;
      const options = { epochs: 30, seed: 1, edgeDropout: 0.3, generator: new Generator(2) };
      await trainRelationalAutoencoder(model, triples, options);
      expect(tf.memory().numTensors).toBe(before);
      model.eval();
      const edges = relationalEdges(triples, 6, 2);
      const best = scope(() => {
        const scores = model.scorer(model.encode(edges)).scoreTails(ints(0, 2, 4), ints(0, 0, 0));
        return [...tf.argMax(scores, 1).dataSync(), ...scores.dataSync()];
      });
      edges.dispose();
      model.dispose();
      return best;
    };
    const [once, again] = [await trained(), await trained()];
    expect(once.slice(0, 3)).toEqual([1, 3, 0]);
    expect(again).toEqual(once);
  });

  it('keeps what it is made of in a folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rgcn-'));
    const model = new RelationalAutoencoder({ ...sizes, generator: new Generator(1) });
    await model.savePretrained(folder);
    const again = await RelationalAutoencoder.fromPretrained(folder);
    expect(again.config).toEqual(model.config);
    expectClose(again.encoder.node_emb.value, model.encoder.node_emb.value);
    await rm(folder, { recursive: true });
    again.dispose();
    model.dispose();
  });

  it('says what does not fit', async () => {
    const model = new RelationalAutoencoder(sizes);
    const edges = relationalEdges(triples, 5, 2);
    expect(() => model.encode(edges)).toThrow('made for 6 entities, the graph has 5');
    await expect(trainRelationalAutoencoder(model, triples, { epochs: 1, edgeDropout: 1 })).rejects.toThrow(
      '[0, 1), got 1',
    );
    expect(() => relationalEdges(triples, 4, 2)).toThrow('[0, 4)');
    edges.dispose();
    model.dispose();
  });
});
