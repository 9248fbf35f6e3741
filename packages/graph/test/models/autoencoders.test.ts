import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { Generator, normalTensor, scope, valueAndGradients, VectorQuantizer } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  ARGA,
  ConvEncoder,
  createGraphAutoencoder,
  EdgeIndex,
  encoderConvs,
  GAE,
  VGAE,
  type GraphAutoencoderConfig,
} from '@hourglass/graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepsToLayerRules } from '../layers/properties.js';

beforeAll(() => useTestBackend('wasm'));
const folder = mkdtempSync(join(tmpdir(), 'graph-autoencoders-'));
afterAll(() => rmSync(folder, { recursive: true }));

const kinds = ['gae', 'vgae', 'arga', 'argva'] as const;
const encoder = { type: 'gcn', inChannels: 4, hiddenChannels: [6, 5], outChannels: 3 };
const edges = (): EdgeIndex =>
  new EdgeIndex(
    [
      [0, 1, 2, 3, 4, 0],
      [1, 2, 3, 4, 0, 2],
    ],
    5,
  );

describe.each(kinds)('%s', (kind) => {
  const config: GraphAutoencoderConfig = { kind, encoder, decoder: { type: 'mlp' }, discriminator: [7, 6] };

  it('saves and loads itself', async () => {
    const model = createGraphAutoencoder(config, new Generator(1));
    await model.savePretrained(join(folder, kind));
    const loaded = await GAE.fromPretrained(join(folder, kind));
    expect(loaded.constructor).toBe(model.constructor);
    expect(loaded.checkpointConfig()).toEqual(model.checkpointConfig());
    const graph = edges();
    scope(() => {
      const x = normalTensor([5, 4], 0, 1, new Generator(2));
      const [z, other] = [model, loaded].map((model) => model.eval().encode(x, graph));
      expect(z!.shape).toEqual([5, 3]);
      expectClose(other!, z!);
      expectClose(loaded.decode(z!, graph), model.decode(z!, graph));
    });
    graph.dispose();
    model.dispose();
    loaded.dispose();
  });

  keepsToLayerRules({
    make: (generator) => createGraphAutoencoder({ kind, encoder }, generator),
    run: (model, { x, edges }) => {
      const { value, penalty } = model.embed(x, edges);
      const extra = model instanceof ARGA ? model.discriminatorLoss(value) : 0;
      // in evaluation the discriminator's loss is of new samples of the prior
      return tf.add(value, model.training ? tf.add(penalty, extra) : penalty);
    },
  });
});

describe.each(Object.keys(encoderConvs))('an encoder of %s', (type) => {
  keepsToLayerRules({
    make: (generator) => new ConvEncoder({ type, inChannels: 4, hiddenChannels: [4], residual: true }, { generator }),
    run: (encoder, { x, edges }) => encoder.forward(x, edges),
  });
});

describe('graph autoencoders', () => {
  it('VGAE draws samples in training, and means in evaluation', () => {
    const model = new VGAE(new ConvEncoder({ ...encoder, variational: true }), { generator: new Generator(1) });
    const graph = edges();
    scope(() => {
      const x = normalTensor([5, 4], 0, 1, new Generator(2));
      const different = (): number => {
        const [a, b] = [model.encode(x, graph), model.encode(x, graph)];
        return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
      };
      expect(different()).toBeGreaterThan(0.1);
      model.eval();
      expect(different()).toBe(0);
    });
    graph.dispose();
    model.dispose();
  });

  it("ARGA's discriminator gets no gradient to the embeddings", () => {
    const model = createGraphAutoencoder({ kind: 'arga', encoder }) as ARGA;
    const graph = edges();
    scope(() => {
      const x = normalTensor([5, 4], 0, 1, new Generator(2));
      const { gradients } = valueAndGradients(
        () => model.discriminatorLoss(model.encode(x, graph)),
        model.discriminator.parameters(),
      );
      expect(gradients.size).toBe(4);
      expect(() =>
        valueAndGradients(() => model.discriminatorLoss(model.encode(x, graph)), model.encoder.parameters()),
      ).toThrow();
    });
    graph.dispose();
    model.dispose();
  });

  it('takes any encoder, bottleneck and decoder', () => {
    const gat = new ConvEncoder({ type: 'gat', inChannels: 4, outChannels: 3 });
    const model = new GAE(gat, { bottleneck: new VectorQuantizer(8, 3) });
    const graph = edges();
    scope(() => {
      const { codes, penalty } = model.embed(tf.ones([5, 4]), graph);
      expect([codes!.shape, penalty.shape]).toEqual([[5], []]);
    });
    expect(() => model.checkpointConfig()).toThrow('from a configuration');
    expect(() => new GAE(gat, { bottleneck: new VectorQuantizer(8, 4) })).toThrow(
      'takes 4 channels, the encoder gives 3',
    );
    expect(() => createGraphAutoencoder({ kind: 'xae' as never, encoder })).toThrow('gae, vgae, arga, argva');
    expect(() => createGraphAutoencoder({ kind: 'gae', encoder: { ...encoder, type: 'x' } })).toThrow('gcn');
    graph.dispose();
    model.dispose();
  });
});
