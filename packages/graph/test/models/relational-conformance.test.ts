import * as tf from '@tensorflow/tfjs-core';
import type { Generator } from '@hourglass/core';
import { normalTensor } from '@hourglass/core';
import { testModel, type ModelFacts, type Outputs } from '@hourglass/testing';
import { EdgeIndex, NodeClassifier, RGCN, TypedEdges } from '@hourglass/graph';

const relations = 3;

interface RelationalInput {
  readonly x: tf.Tensor;
  readonly typed: TypedEdges;
  dispose(): void;
}

function input(x: tf.Tensor, ends: readonly [number[], number[]], types: number[]): RelationalInput {
  const edges = new EdgeIndex(ends, x.shape[0]!);
  const typed = new TypedEdges(edges, types, 2 * relations);
  return {
    x,
    typed,
    dispose() {
      x.dispose();
      typed.dispose();
      edges.dispose();
    },
  };
}

/** Two edges a node, of the first four of six types. */
function random(generator: Generator, nodes: number): RelationalInput {
  const list = (below: number): number[] => Array.from({ length: 2 * nodes }, () => generator.integer(0, below));
  return input(normalTensor([nodes, 4], 0, 1, generator), [list(nodes), list(nodes)], list(4));
}

const inputsOf = (nodes: number): ModelFacts<RGCN, RelationalInput>['inputs'][0] => ({
  name: `${nodes} nodes`,
  make(generator, examples) {
    const graphs = Array.from({ length: examples }, () => random(generator, nodes));
    const joined = union(graphs);
    for (const graph of graphs) graph.dispose();
    return joined;
  },
  gives: (_, examples) => [nodes * examples, 3],
});

function union(inputs: readonly RelationalInput[]): RelationalInput {
  const [source, destination, types]: [number[], number[], number[]] = [[], [], []];
  let first = 0;
  for (const { typed } of inputs) {
    for (const node of typed.edges.source) source.push(first + node);
    for (const node of typed.edges.destination) destination.push(first + node);
    types.push(...typed.types);
    first += typed.edges.nodes;
  }
  return input(tf.concat(inputs.map(({ x }) => x)), [source, destination], types);
}

const facts = {
  inputs: [inputsOf(5), inputsOf(13), inputsOf(1)],
  batching: {
    join: union,
    split: (outputs, inputs) =>
      tf.split(
        outputs as tf.Tensor,
        inputs.map(({ x }) => x.shape[0]!),
      ) as Outputs[],
  },
  wrong: [
    {
      name: 'too narrow features',
      make: (generator) => {
        const { x, typed, dispose } = random(generator, 5);
        const narrow = tf.slice(x, [0, 0], [5, 3]);
        return { x: narrow, typed, dispose: () => (narrow.dispose(), dispose()) };
      },
    },
  ],
} satisfies Partial<ModelFacts<RGCN, RelationalInput>>;

testModel('RGCN', {
  ...facts,
  create: (generator) =>
    new RGCN({ inChannels: 4, hiddenChannels: 6, outChannels: 3, numRelations: 2 * relations, numBases: 2, generator }),
  load: (folder) => RGCN.fromPretrained(folder),
  forward: (model, { x, typed }) => model.forward(x, typed),
});

testModel('a classifier of nodes by relations', {
  ...facts,
  create: (generator) =>
    new NodeClassifier(
      {
        architecture: 'rgcn',
        inChannels: 4,
        hiddenChannels: 6,
        classes: 3,
        numRelations: relations,
        features: 'raw',
        dropout: 0.5,
      },
      generator,
    ),
  load: (folder) => NodeClassifier.fromPretrained(folder),
  forward: (model, { x, typed }) => model.forward(x, typed.edges, { typedEdges: typed }),
  training: 'random',
});
