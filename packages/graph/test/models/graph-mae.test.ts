import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, scope } from '@hourglass/core';
import { capability, expectClose, useTestBackend } from '@hourglass/core/testing';
import { ConvEncoder, GraphMAE, trainOnWholeGraph, type GraphMAEConfig } from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { communities } from '../generated.js';
import { keepsToLayerRules } from '../layers/properties.js';
import { linearProbe } from '../probe.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const config: GraphMAEConfig = {
  encoder: { type: 'gcn', inChannels: 4, hiddenChannels: [6], outChannels: 5 },
  maskRate: 0.4,
  replaceRate: 0.25,
};

describe('GraphMAE', () => {
  keepsToLayerRules({
    make: (generator) => GraphMAE.create(config, generator),
    // which nodes are hidden goes by their numbers
    run: (model, { x, edges }) => (model.training ? model.loss(x, edges, new Generator(2)) : model.forward(x, edges)),
  });

  it('sees nothing of hidden nodes but through the masks', () => {
    const graph = communities({ nodes: 20, features: 4 });
    const { x, edges } = graph.tensors();
    const model = GraphMAE.create({ ...config, replaceRate: 0 }, new Generator(1));
    scope(() => {
      // the hidden nodes' own features reach the loss as target only: as a cosine, it does not change with their length
      const hidden = new Generator(7).permutation(20).subarray(0, 8);
      const lengths = Float32Array.from({ length: 20 }, (_, node) => (hidden.includes(node) ? 3 : 1));
      const longer = tf.mul(x!, tf.tensor2d(lengths, [20, 1]));
      const loss = (x: tf.Tensor): tf.Tensor => model.loss(x, edges, new Generator(7));
      expectClose(loss(longer), loss(x!));
      const seen = Float32Array.from(lengths, (length, node) => (length === 3 ? 1 : 1 + (node % 3)));
      const all = tf.mul(x!, tf.tensor2d(seen, [20, 1]));
      expect(Math.abs(loss(all).dataSync()[0]! - loss(x!).dataSync()[0]!)).toBeGreaterThan(1e-4);
    });
    model.dispose();
    graph.dispose();
  });

  it('saves and loads itself, and says what is wrong', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'graph-mae-'));
    const model = GraphMAE.create(config, new Generator(1));
    await model.savePretrained(folder);
    const loaded = await GraphMAE.fromPretrained(folder);
    const graph = communities({ nodes: 12, features: 4 });
    const { x, edges } = graph.tensors();
    scope(() => {
      const loss = (of: GraphMAE): tf.Tensor => of.loss(x!, edges, new Generator(3));
      expectClose(loss(loaded), loss(model));
    });
    expect(() => new GraphMAE(model.encoder, model.encoder)).toThrow('must lead from 5 to 4');
    expect(() => GraphMAE.create({ ...config, maskRate: 1 })).toThrow('maskRate');
    const own = new GraphMAE(model.encoder, new ConvEncoder({ type: 'gat', inChannels: 5, outChannels: 4 }));
    expect(() => own.checkpointConfig()).toThrow('no configuration');
    for (const module of [model, loaded, own]) module.dispose();
    graph.dispose();
    rmSync(folder, { recursive: true });
  });

  it.skipIf(training.isMissing)(
    training.title('its embeddings beat raw features and those of an untrained encoder under a linear classifier'),
    async () => {
      const graph = communities({ nodes: 400, within: 0.05, between: 0.006, features: 32, signal: 0.8 });
      const { x, edges } = graph.tensors();
      const model = GraphMAE.create(
        { encoder: { type: 'gcn', inChannels: 32, hiddenChannels: [32], outChannels: 32 } },
        new Generator(1),
      );
      const probe = (features: tf.Tensor): number =>
        linearProbe({ features, labels: graph.y as Int32Array, seen: (node) => node < 20 });
      const ofNodes = (): number => tf.tidy(() => probe(model.eval().forward(x!, edges)));
      const [raw, untrained] = [probe(x!), ofNodes()];
      await trainOnWholeGraph(model.train(), (model) => model.loss(x!, edges), { epochs: 150, learningRate: 5e-3 });
      const trained = ofNodes();
      console.log(`accuracy: ${raw} raw features, ${untrained} untrained, ${trained} GraphMAE`);
      expect(trained).toBeGreaterThan(raw + 0.1);
      expect(trained).toBeGreaterThan(untrained + 0.02);
      model.dispose();
      graph.dispose();
    },
  );
});
