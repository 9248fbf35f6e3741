import * as tf from '@tensorflow/tfjs-core';
import { scope, type Generator } from '@hourglass/core';
import { testModel, type InputCase } from '@hourglass/testing';
import {
  ComplEx,
  DistMult,
  GraphUNet,
  loadKnowledgeGraphModel,
  RotatE,
  SchNet,
  TransE,
  type KGEModel,
  type KGEOptions,
} from '@hourglass/graph';
import { disjointUnion, graphByGraph, randomGraphs, type GraphInput } from './graph-input.js';

const nodesOf = (nodes: number): InputCase<GraphInput> => randomGraphs(nodes, 4, (all) => [all, 2]);

testModel('GraphUNet', {
  create: (generator) =>
    new GraphUNet({
      inChannels: 4,
      hiddenChannels: 5,
      outChannels: 2,
      depth: 2,
      poolRatios: 0.7,
      act: 'tanh',
      generator,
    }),
  load: (folder) => GraphUNet.fromPretrained(folder),
  inputs: [nodesOf(5), nodesOf(13), nodesOf(1)],
  forward: (model, { x, edges, batch }) => model.forward(x, edges, { batch }),
  batching: disjointUnion,
  wrong: [{ name: 'too narrow features', make: (generator) => randomGraphs(5, 3, () => []).make(generator, 1) }],
});

/** Atoms whose positions are the features. */
const atomsOf = (atoms: number, width = 3): InputCase<GraphInput> =>
  randomGraphs(atoms, width, (_, graphs) => [graphs, 1]);

testModel('SchNet', {
  create: (generator) =>
    new SchNet({
      hiddenChannels: 6,
      numFilters: 5,
      numInteractions: 2,
      numGaussians: 4,
      cutoff: 3,
      atomTypes: 6,
      generator,
    }),
  load: (folder) => SchNet.fromPretrained(folder),
  inputs: [atomsOf(5), atomsOf(9)],
  forward: (model, { x, batch, sizes }) => {
    const numbers = sizes.flatMap((size) => Array.from({ length: size }, (_, atom) => 1 + (atom % 5)));
    return scope(() => model.forward(tf.tensor1d(numbers, 'int32'), x, { batch }));
  },
  batching: graphByGraph,
  wrong: [{ name: 'positions in a plane', make: (generator) => atomsOf(5, 2).make(generator, 1) }],
});

interface TripleInput {
  readonly head: tf.Tensor;
  readonly relation: tf.Tensor;
  readonly tail: tf.Tensor;
}

const triples: InputCase<TripleInput> = {
  name: 'triples',
  make(generator, examples) {
    const drawn = (below: number): tf.Tensor =>
      tf.tensor1d(
        Int32Array.from({ length: examples }, () => generator.integer(0, below)),
        'int32',
      );
    return { head: drawn(7), relation: drawn(3), tail: drawn(7) };
  },
  gives: (_, examples) => [examples],
};

const embeddings: Readonly<Record<string, new (options: KGEOptions) => KGEModel>> = {
  TransE,
  DistMult,
  ComplEx,
  RotatE,
};

for (const [title, Model] of Object.entries(embeddings)) {
  testModel<KGEModel, TripleInput>(title, {
    create: (generator: Generator) => new Model({ numNodes: 7, numRelations: 3, hiddenChannels: 4, generator }),
    load: loadKnowledgeGraphModel,
    inputs: [triples],
    forward: (model, { head, relation, tail }) => model.forward(head, relation, tail),
    wrong: [
      {
        name: 'more heads than tails',
        make: () => ({
          head: tf.tensor1d([1, 2], 'int32'),
          relation: tf.tensor1d([0], 'int32'),
          tail: tf.tensor1d([0], 'int32'),
        }),
      },
    ],
  });
}
