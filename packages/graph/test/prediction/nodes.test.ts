import { Generator, metrics } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  anomalyScores,
  clusterNodes,
  createGraphAutoencoder,
  trainLinkPrediction,
  type GAE,
  type GraphData,
} from '@hourglass/graph';
import { beforeAll, describe, expect, it } from 'vitest';
import { bothWays, communities } from '../generated.js';

beforeAll(() => useTestBackend('wasm'));

const model = (attributeDecoder: readonly number[] | null = null): GAE =>
  createGraphAutoencoder(
    { kind: 'gae', encoder: { type: 'gcn', inChannels: 8, hiddenChannels: [16], outChannels: 8 }, attributeDecoder },
    new Generator(1),
  );

describe('clusters of nodes', () => {
  it('k-means on embeddings finds communities that it does not find in the features', async () => {
    const graph = communities({ within: 0.3, between: 0.02, signal: 0.6 });
    const autoencoder = model();
    await trainLinkPrediction(autoencoder, graph, { epochs: 80, seed: 2 });
    const generator = new Generator(3);
    const { labels } = await clusterNodes(autoencoder, graph, 4, { generator });
    const nmi = metrics.normalizedMutualInformation(labels, graph.y as Int32Array);
    expect(nmi).toBeGreaterThan(0.85);
    expect(metrics.clusteringAccuracy(labels, graph.y as Int32Array)).toBeGreaterThan(0.9);
    const untrained = await clusterNodes(model(), graph, 4, { generator });
    expect(nmi).toBeGreaterThan(metrics.normalizedMutualInformation(untrained.labels, graph.y as Int32Array) + 0.2);
    autoencoder.dispose();
    graph.dispose();
  });
});

describe('anomaly scores', () => {
  /** Communities in which some nodes have edges to anywhere, and others have the features of another block. */
  function disturbed(): { graph: GraphData; structure: Set<number>; attributes: Set<number> } {
    const plain = communities({ nodes: 160, within: 0.25, between: 0, signal: 2 });
    const generator = new Generator(9);
    const structure = new Set([0, 17, 34, 51, 68, 85]);
    const attributes = new Set([2, 19, 36, 53, 70, 87]);
    const [from, to] = plain.edgeIndex;
    const pairs = Array.from(from, (u, e) => [u, to[e]!] as const).filter(([u, v]) => u < v);
    const rewired = pairs.filter(([u, v]) => !structure.has(u) && !structure.has(v));
    for (const u of structure) {
      const ends = new Set(Array.from({ length: 12 }, () => generator.integer(0, 160)));
      for (const v of ends) if (v !== u && !structure.has(v)) rewired.push([u, v]);
    }
    const values = (plain.x as { values: Float32Array }).values.slice();
    for (const u of attributes) {
      for (let f = 0; f < 8; f++) values[u * 8 + f] = generator.normal((u + 1) % 4 === f % 4 ? 3 : 0);
    }
    const graph = plain.with({ edgeIndex: bothWays(rewired), x: { width: 8, values } });
    return { graph, structure, attributes };
  }

  /** Probability that a strange node scores higher than an ordinary one. */
  function auc(scores: Float32Array, strange: ReadonlySet<number>, others: ReadonlySet<number>): number {
    const metric = new metrics.RocAuc();
    const nodes = Array.from(scores.keys()).filter((node) => !others.has(node));
    metric.update(
      nodes.map((node) => scores[node]!),
      nodes.map((node) => (strange.has(node) ? 1 : 0)),
    );
    return metric.compute();
  }

  it('are high for nodes with strange neighbours and for nodes with strange features', async () => {
    const { graph, structure, attributes } = disturbed();
    const autoencoder = model([16]);
    await trainLinkPrediction(autoencoder, graph, { epochs: 150, seed: 2 });
    const none = new Set<number>();
    const [ofStructure, ofFeatures, both] = await Promise.all(
      [0, 1, 0.5].map((attributeShare) => anomalyScores(autoencoder, graph, { attributeShare })),
    );
    const found = {
      structure: auc(ofStructure!, structure, attributes),
      features: auc(ofFeatures!, attributes, structure),
      both: auc(both!, new Set([...structure, ...attributes]), none),
    };
    expect(found.structure).toBeGreaterThan(0.85);
    expect(found.features).toBeGreaterThan(0.85);
    expect(found.both).toBeGreaterThan(0.85);
    const untrained = await anomalyScores(model([16]), graph, { attributeShare: 0 });
    expect(auc(untrained, structure, attributes)).toBeLessThan(found.structure - 0.1);
    autoencoder.dispose();
    graph.dispose();
  });

  it('need a decoder for what they compare', async () => {
    const graph = communities({ nodes: 12 });
    expect(() => anomalyScores(model(), graph, { attributeShare: 2 })).toThrow('[0, 1]');
    await expect(anomalyScores(model(), graph, { attributeShare: 0.5 })).rejects.toThrow('decodes edges only');
    expect(await anomalyScores(model(), graph)).toHaveLength(12);
    graph.dispose();
  });
});
