import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { Generator } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  createGraphAutoencoder,
  evaluateLinkPrediction,
  gaeLinkSplit,
  randomLinkSplit,
  GraphData,
  predictLinks,
  trainLinkPrediction,
  type EdgeDecoderConfig,
  type GraphAutoencoderConfig,
  type LinkLoss,
  type LinkSet,
} from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { communities } from '../generated.js';

beforeAll(() => useTestBackend('wasm'));

const example = (): { graph: GraphData; test: LinkSet } => {
  const { train, test } = randomLinkSplit(communities({ between: 0.002 }), {
    ...gaeLinkSplit,
    generator: new Generator(6),
  });
  return { graph: train.graph, test };
};

const encoder = { type: 'gcn', inChannels: 8, hiddenChannels: [16], outChannels: 8 };
const cases: [string, GraphAutoencoderConfig, { loss?: LinkLoss }][] = [
  ['gae, all pairs', { kind: 'gae', encoder }, {}],
  ['gae, drawn pairs', { kind: 'gae', encoder }, { loss: 'sampled' }],
  ['gae, hidden edges', { kind: 'gae', encoder, decoder: { type: 'mlp' } }, { loss: 'masked' }],
  ['vgae', { kind: 'vgae', encoder }, {}],
  ['arga', { kind: 'arga', encoder, discriminator: [16] }, {}],
  ['argva', { kind: 'argva', encoder, discriminator: [16] }, {}],
  ['mlp decoder', { kind: 'gae', encoder, decoder: { type: 'mlp' } satisfies EdgeDecoderConfig }, {}],
];

describe('link prediction', () => {
  it.each(cases)('finds edges that were left out: %s', async (_, config, options) => {
    const { graph, test } = example();
    const before = tf.memory().numTensors;
    const model = createGraphAutoencoder(config, new Generator(1));
    const untrained = await evaluateLinkPrediction(model, test);
    await trainLinkPrediction(model, graph, { epochs: 120, seed: 2, ...options });
    const trained = await evaluateLinkPrediction(model, test);
    expect(trained.auc).toBeGreaterThan(0.88);
    expect(trained.ap).toBeGreaterThan(0.85);
    expect(trained.auc).toBeGreaterThan(untrained.auc + 0.04);
    expect(model.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
    model.dispose();
    graph.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('keeps averages of weights, and goes on after a stop as if there had been none', async () => {
    const { graph, test } = example();
    const folder = mkdtempSync(join(tmpdir(), 'link-prediction-'));
    const train = async (run: string, { stopAt = 0, emaDecay = 0.9 } = {}): Promise<Float32Array> => {
      const model = createGraphAutoencoder({ kind: 'argva', encoder, discriminator: [16] }, new Generator(1));
      const stop = new AbortController();
      await trainLinkPrediction(model, graph, {
        epochs: 8,
        loss: 'sampled',
        seed: 3,
        emaDecay,
        validation: test,
        run: join(folder, run),
        resume: true,
        fit: {
          signal: stop.signal,
          callbacks: { onStep: ({ step }) => (step === stopAt ? stop.abort() : undefined) },
        },
      });
      const scores = await predictLinks(model, graph, test.edges);
      model.dispose();
      return scores;
    };
    const whole = await train('whole');
    // amid an epoch, between the two steps of it
    await train('halves', { stopAt: 7 });
    expect(await train('halves')).toEqual(whole);
    expect(await train('other', { emaDecay: 0.5 })).not.toEqual(whole);
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
