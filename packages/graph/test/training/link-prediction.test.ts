import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { Generator } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  createGraphAutoencoder,
  EdgeIndex,
  evaluateLinkPrediction,
  GraphData,
  predictLinks,
  sampleNegativePairs,
  trainLinkPrediction,
  type EdgeDecoderConfig,
  type GraphAutoencoderConfig,
  type LabelledPairs,
  type PairList,
} from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => useTestBackend('wasm'));

/** Blocks of nodes that know each other, with features that say little of the block; a tenth of the edges is kept for the test. */
function communities(): { graph: GraphData; test: LabelledPairs } {
  const [nodes, blocks] = [120, 4];
  const generator = new Generator(5);
  const pairs: [number, number][] = [];
  for (let u = 0; u < nodes; u++) {
    for (let v = u + 1; v < nodes; v++) {
      if (generator.uniform() < (u % blocks === v % blocks ? 0.6 : 0.005)) pairs.push([u, v]);
    }
  }
  const both = (list: readonly (readonly [number, number])[]): PairList => [
    Int32Array.from([...list.map(([u]) => u), ...list.map(([, v]) => v)]),
    Int32Array.from([...list.map(([, v]) => v), ...list.map(([u]) => u)]),
  ];
  const order = Array.from(generator.permutation(pairs.length), (i) => pairs[i]!);
  const [test, train] = [order.slice(0, pairs.length / 10), order.slice(pairs.length / 10)];
  const all = new EdgeIndex(both(pairs), nodes);
  const positive = both(test);
  const negative = sampleNegativePairs(all, positive[0].length, { undirected: true, distinct: true, generator });
  all.dispose();
  const values = Float32Array.from({ length: nodes * 8 }, (_, i) =>
    generator.normal(Math.floor(i / 8) % blocks === i % 8 ? 1 : 0),
  );
  const graph = new GraphData({ numNodes: nodes, edgeIndex: both(train), x: { width: 8, values } });
  return { graph, test: { positive, negative } };
}

const encoder = { type: 'gcn', inChannels: 8, hiddenChannels: [16], outChannels: 8 };
const cases: [string, GraphAutoencoderConfig, { loss?: 'full' | 'sampled' }][] = [
  ['gae, all pairs', { kind: 'gae', encoder }, {}],
  ['gae, drawn pairs', { kind: 'gae', encoder }, { loss: 'sampled' }],
  ['vgae', { kind: 'vgae', encoder }, {}],
  ['arga', { kind: 'arga', encoder, discriminator: [16] }, {}],
  ['argva', { kind: 'argva', encoder, discriminator: [16] }, {}],
  ['mlp decoder', { kind: 'gae', encoder, decoder: { type: 'mlp' } satisfies EdgeDecoderConfig }, {}],
];

describe('link prediction', () => {
  it.each(cases)('finds edges that were left out: %s', async (_, config, options) => {
    const { graph, test } = communities();
    const before = tf.memory().numTensors;
    const model = createGraphAutoencoder(config, new Generator(1));
    const untrained = await evaluateLinkPrediction(model, graph, test);
    await trainLinkPrediction(model, graph, { epochs: 120, seed: 2, ...options });
    const trained = await evaluateLinkPrediction(model, graph, test);
    expect(trained.auc).toBeGreaterThan(0.88);
    expect(trained.ap).toBeGreaterThan(0.85);
    expect(trained.auc).toBeGreaterThan(untrained.auc + 0.04);
    expect(model.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
    model.dispose();
    graph.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('goes on after a stop as if there had been none', async () => {
    const { graph, test } = communities();
    const folder = mkdtempSync(join(tmpdir(), 'link-prediction-'));
    const train = async (run: string, stopAt?: number): Promise<Float32Array> => {
      const model = createGraphAutoencoder({ kind: 'argva', encoder, discriminator: [16] }, new Generator(1));
      const stop = new AbortController();
      await trainLinkPrediction(model, graph, {
        epochs: 8,
        loss: 'sampled',
        seed: 3,
        validation: test,
        run: join(folder, run),
        resume: true,
        fit: {
          signal: stop.signal,
          callbacks: { onStep: ({ step }) => (step === stopAt ? stop.abort() : undefined) },
        },
      });
      const scores = await predictLinks(model, graph, test.positive);
      model.dispose();
      return scores;
    };
    const whole = await train('whole');
    // amid an epoch, between the two steps of it
    await train('halves', 7);
    expect(await train('halves')).toEqual(whole);
    rmSync(folder, { recursive: true });
    graph.dispose();
  });

  it('says what is wrong', async () => {
    const model = createGraphAutoencoder({ kind: 'gae', encoder, decoder: { type: 'mlp' } });
    const bare = new GraphData({ numNodes: 3, edgeIndex: [[0], [1]] });
    await expect(trainLinkPrediction(model, bare)).rejects.toThrow('no features');
    const lonely = new GraphData({ numNodes: 2, edgeIndex: [[], []], x: { width: 8, values: new Float32Array(16) } });
    await expect(trainLinkPrediction(model, lonely)).rejects.toThrow('no edge to learn from');
    const pair = lonely.with({ edgeIndex: [[0], [1]] });
    await expect(trainLinkPrediction(model, pair, { loss: 'full' })).rejects.toThrow("choose 'sampled'");
    for (const graph of [bare, lonely, pair]) graph.dispose();
    model.dispose();
  });
});
