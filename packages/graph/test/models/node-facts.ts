import type { Generator, Module } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import type { EdgeIndex } from '@hourglass/graph';
import type { ModelFacts, Outputs } from '@hourglass/testing';
import { disjointUnion, randomGraphs, type GraphInput } from './graph-input.js';

/** Of the networks that the kit looks at. */
export const sizes = { inChannels: 4, hiddenChannels: 6, numLayers: 2, outChannels: 3 };

export const wrong: ModelFacts<Module, GraphInput>['wrong'] = [
  { name: 'too narrow features', make: (generator) => randomGraphs(5, 3, () => []).make(generator, 1) },
];

/** Facts of a model that gives values for each node of graphs with features of width 4; three, where not said otherwise. */
export function factsOfNodes<M extends Module>(
  create: (generator: Generator) => M,
  load: (folder: string) => Promise<M>,
  forward: (model: M, input: GraphInput) => Outputs,
  { width = 3, ...more }: Partial<ModelFacts<M, GraphInput>> & { readonly width?: number } = {},
): ModelFacts<M, GraphInput> {
  return {
    create,
    load,
    inputs: [
      randomGraphs(5, 4, (nodes) => [nodes, width]),
      randomGraphs(13, 4, (nodes) => [nodes, width]),
      randomGraphs(1, 4, (nodes) => [nodes, width]),
    ],
    forward,
    batching: disjointUnion,
    wrong,
    ...more,
  };
}

/** {@link factsOfNodes} of a model of features and edges alone. */
export function ofNodes<M extends Module & { forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor }>(
  create: (generator: Generator) => M,
  load: (folder: string) => Promise<M>,
  more: Partial<ModelFacts<M, GraphInput>> = {},
): ModelFacts<M, GraphInput> {
  return factsOfNodes(create, load, (model, { x, edges }) => model.forward(x, edges), more);
}
