import * as tf from '@tensorflow/tfjs-core';
import { Generator, scope } from '@hourglass/core';
import { capability, useTestBackend } from '@hourglass/core/testing';
import { citationGraph, DAGNN, GCN, hop, hops, propagateHops, smoothness } from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { mean, trainNodes } from './nodes.js';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const wordsPerNode = 12;
const graph = citationGraph({
  nodes: 400,
  classes: 4,
  words: 80,
  wordsPerNode,
  homophily: 0.75,
  trainPerClass: 10,
  validation: 80,
  test: 280,
  seed: 1,
});
const sizes = { inChannels: 80, hiddenChannels: 16, outChannels: 4, dropout: 0.5 };
const deep = 24;
const settings = { epochs: 100, learningRate: 0.01, weightDecay: 5e-3 };

/** About 1 for each word that a node has. */
function features(): tf.Tensor {
  return tf.mul(graph.tensors().x!, wordsPerNode);
}

function trainedDAGNN(K: number, seed: number): { readonly model: DAGNN; readonly accuracy: number } {
  const model = new DAGNN({ ...sizes, K, generator: new Generator(seed) });
  const accuracy = trainNodes(model, graph, () => model.forward(features(), graph.tensors().edges), settings);
  return { model: model.eval(), accuracy };
}

/** DAGNN without its scores: what the last hop brings is the result. */
function accuracyOfLastHop(K: number, seed: number): number {
  const model = new DAGNN({ ...sizes, K, generator: new Generator(seed) });
  const logits = (): tf.Tensor => {
    const hidden = model.lin1.forward(model.dropout.forward(features()), 'relu');
    const own = model.lin2.forward(model.dropout.forward(hidden));
    return hops(own, K, hop(graph.tensors().edges, null)).at(-1)!;
  };
  const accuracy = trainNodes(model, graph, logits, settings);
  model.dispose();
  return accuracy;
}

function accuracyOfGCN(numLayers: number, seed: number): number {
  const model = new GCN({ ...sizes, numLayers, generator: new Generator(seed) });
  const logits = (): tf.Tensor => model.forward(features(), graph.tensors().edges);
  const accuracy = trainNodes(model, graph, logits, { ...settings, weightDecay: 5e-4 });
  model.dispose();
  return accuracy;
}

describe('DAGNN (443)', () => {
  it.skipIf(training.isMissing)(
    training.title('rises to 24 hops, where a GCN of many layers and hops without scores fall'),
    () => {
      const over = (run: (seed: number) => number): number => mean([1, 2].map(run));
      const ofDAGNN = (K: number): number =>
        over((seed) => {
          const { model, accuracy } = trainedDAGNN(K, seed);
          model.dispose();
          return accuracy;
        });
      const dagnn = { shallow: ofDAGNN(2), deep: ofDAGNN(deep) };
      const lastHop = {
        shallow: over((seed) => accuracyOfLastHop(2, seed)),
        deep: over((seed) => accuracyOfLastHop(deep, seed)),
      };
      const gcn = { shallow: over((seed) => accuracyOfGCN(2, seed)), deep: over((seed) => accuracyOfGCN(12, seed)) };
      console.log('accuracy:', { dagnn, lastHop, gcn });
      expect(dagnn.deep).toBeGreaterThan(dagnn.shallow);
      expect(dagnn.deep).toBeGreaterThan(lastHop.deep + 0.2);
      expect(gcn.deep).toBeLessThan(gcn.shallow - 0.3);
      expect(lastHop.deep).toBeLessThan(lastHop.shallow - 0.15);
    },
  );

  it.skipIf(training.isMissing)(
    training.title('each node keeps its own share of each hop, and hops alone over-smooth'),
    () => {
      const { edges } = graph.tensors();
      const alone = scope(() => [0, 2, 8, deep].map((K) => smoothness(propagateHops(features(), edges, K)).value));
      const { model } = trainedDAGNN(deep, 2);
      const { spread, value } = scope(() => {
        const { scores, value } = model.retain(features(), edges);
        const deviation = tf.sqrt(tf.moments(scores, 0).variance).dataSync();
        return { spread: Array.from(deviation), value: smoothness(value).value };
      });
      console.log('smoothness of 0, 2, 8, 24 hops:', alone, 'of the trained network:', value, 'scores vary by', spread);
      for (let i = 1; i < alone.length; i++) expect(alone[i]).toBeLessThan(alone[i - 1]! * 0.75);
      expect(alone.at(-1)).toBeLessThan(0.1);
      expect(value).toBeGreaterThan(2 * alone.at(-1)!);
      expect(spread).toHaveLength(deep + 1);
      expect(spread[0]).toBeGreaterThan(0.03);
      // less so at later hops, which are alike
      expect(spread[deep]).toBeLessThan(spread[0]!);
      expect(Math.min(...spread)).toBeGreaterThan(0.005);
      model.dispose();
    },
  );
});
