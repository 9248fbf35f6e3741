import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, manualSeed, type Module } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  createGraphAutoencoder,
  DistMult,
  GraphClassifier,
  GraphData,
  NodeClassifier,
  randomNodeSplit,
  RelationalAutoencoder,
  RGCN,
  trainEntityClassification,
  trainGraphClassification,
  trainKnowledgeGraph,
  trainLinkPrediction,
  trainNodeClassification,
  trainRelationalAutoencoder,
  type NodeSampling,
  type Triples,
} from '@hourglass/graph';
import { temporaryFolder } from '../files.js';
import { communities } from '../generated.js';

beforeAll(() => useTestBackend('wasm'));

const graph = randomNodeSplit(communities({ nodes: 40, within: 0.3 }), {
  trainPerClass: 5,
  val: 8,
  test: 8,
  generator: new Generator(3),
});
const graphs = Array.from({ length: 7 }, (_, g) =>
  communities({ nodes: 8, blocks: 2, seed: g }).with({ y: [g % 2], yOf: 'graph', numClasses: 2 }),
);
const triples: Triples = {
  head: Int32Array.from({ length: 30 }, (_, i) => i % 10),
  relation: Int32Array.from({ length: 30 }, (_, i) => i % 2),
  tail: Int32Array.from({ length: 30 }, (_, i) => (3 * i + 1) % 10),
};
const typed = new GraphData({
  numNodes: 10,
  edgeIndex: [triples.head, triples.tail],
  edgeType: triples.relation,
  y: Int32Array.from({ length: 10 }, (_, i) => i % 2),
  trainMask: new Uint8Array(10).fill(1),
});
const entities = { numNodes: 10, numRelations: 4, hiddenChannels: 6 };

/** Where a run goes, and what stops it. */
interface Stopping {
  readonly signal: AbortSignal;
  readonly callbacks: { onStep(at: { readonly step: number }): void };
}
interface Going {
  readonly run: string;
  readonly resume: true;
  readonly fit: Stopping;
}

/** Trains a model made anew. */
type Training = (going: Going) => Promise<Module>;

const sampled =
  (sampling: NodeSampling): Training =>
  async (going) => {
    // dropout too draws from this one
    const generator = new Generator(1);
    const model = new NodeClassifier(
      { architecture: 'gcn', inChannels: 8, classes: 4, features: 'raw', hiddenChannels: 4 },
      generator,
    );
    const fit = { ...going.fit, generators: { model: generator } };
    await trainNodeClassification(model, graph, { ...going, fit, epochs: 3, sampling });
    return model;
  };

const ofTriples = ({ run, resume, fit }: Going) => ({ epochs: 3, batchSize: 11, folder: run, resume, seed: 4, ...fit });

const trainings: ReadonlyArray<readonly [string, Training]> = [
  // 20 training nodes: the last batch of an epoch has 6
  ['nodes, sampled neighbours', sampled({ fanOuts: [3, 2], batchSize: 7, threads: 0 })],
  ['nodes, clusters', sampled({ clusters: 5, batchSize: 2 })],
  [
    'links, hidden edges',
    async (going) => {
      const encoder = { type: 'gcn', inChannels: 8, hiddenChannels: [6], outChannels: 4, dropout: 0.3 };
      const model = createGraphAutoencoder({ kind: 'vgae', encoder }, new Generator(1));
      await trainLinkPrediction(model, graph, { ...going, epochs: 6, loss: 'masked' });
      return model;
    },
  ],
  [
    'graphs',
    async (going) => {
      const sizes = { inChannels: 8, classes: 2, hiddenChannels: 4, numLayers: 2, dropout: 0.5 };
      const generator = new Generator(1);
      const model = new GraphClassifier({ architecture: 'gin', ...sizes }, generator);
      const fit = { ...going.fit, generators: { model: generator } };
      await trainGraphClassification(model, graphs, { ...going, fit, epochs: 3, batchSize: 3 });
      return model;
    },
  ],
  [
    'entities',
    async (going) => {
      const sizes = { inChannels: 10, hiddenChannels: 5, outChannels: 2, numRelations: 4, dropout: 0.5 };
      const model = new RGCN({ ...sizes, generator: manualSeed(1) });
      await trainEntityClassification(model, typed, { ...going, epochs: 9 });
      return model;
    },
  ],
  [
    'triples',
    async (going) => {
      const model = new DistMult({ ...entities, generator: manualSeed(1) });
      await trainKnowledgeGraph(model, triples, ofTriples(going));
      return model;
    },
  ],
  [
    'triples, encoded',
    async (going) => {
      const model = new RelationalAutoencoder({ ...entities, dropout: 0.3, generator: manualSeed(1) });
      await trainRelationalAutoencoder(model, triples, { ...ofTriples(going), generator: new Generator(8) });
      return model;
    },
  ],
];

describe('a run that was stopped amid an epoch', () => {
  it.each(trainings)('goes on as if it had not been: %s', async (_, train) => {
    const folder = temporaryFolder();
    const weights = async (run: string, stopAt?: number): Promise<number[][]> => {
      const stop = new AbortController();
      const onStep = ({ step }: { readonly step: number }): void => (step === stopAt ? stop.abort() : undefined);
      const fit = { signal: stop.signal, callbacks: { onStep } };
      const model = await train({ run: `${folder}/${run}`, resume: true, fit });
      const values = [...model.namedState()].map(([, { value }]) => [...value.dataSync()]);
      model.dispose();
      return values;
    };
    const whole = await weights('whole');
    expect(await weights('halves', 5)).not.toEqual(whole);
    expect(await weights('halves')).toEqual(whole);
  });
});
