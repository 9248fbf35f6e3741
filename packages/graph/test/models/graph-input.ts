import * as tf from '@tensorflow/tfjs-core';
import { functional, normalTensor, type Generator } from '@hourglass/core';
import type { Batching, InputCase, Outputs, Shapes } from '@hourglass/testing';
import { EdgeIndex } from '@hourglass/graph';

/** Graphs as one, as models take them. */
export interface GraphInput {
  readonly x: tf.Tensor;
  readonly edges: EdgeIndex;
  /** float32 [edges, 3] */
  readonly edgeAttr: tf.Tensor;
  /** The graph of each node. */
  readonly batch: functional.Segments;
  /** Number of nodes of each graph. */
  readonly sizes: readonly number[];
  dispose(): void;
}

/** Random graphs of so many nodes each, of which the last two have no edges; two edges a node, and a self loop. */
export function randomGraphs(
  nodes: number,
  width: number,
  gives: (nodes: number, graphs: number) => Shapes,
): InputCase<GraphInput> {
  return {
    name: `${nodes} nodes`,
    make(generator, examples) {
      const graphs = Array.from({ length: examples }, () => randomGraph(nodes, width, generator));
      const joined = join(graphs);
      for (const graph of graphs) graph.dispose();
      return joined;
    },
    gives: (_, examples) => gives(nodes * examples, examples),
  };
}

function randomGraph(nodes: number, width: number, generator: Generator): GraphInput {
  const linked = Math.max(nodes - 2, 1);
  const ends = (): number[] => Array.from({ length: 2 * nodes }, () => generator.integer(0, linked));
  return input(
    normalTensor([nodes, width], 0, 1, generator),
    [
      [...ends(), 0],
      [...ends(), 0],
    ],
    normalTensor([2 * nodes + 1, 3], 0, 1, generator),
    [nodes],
  );
}

function input(
  x: tf.Tensor,
  [source, destination]: [number[], number[]],
  edgeAttr: tf.Tensor,
  sizes: readonly number[],
): GraphInput {
  const nodes = sizes.reduce((sum, size) => sum + size, 0);
  const edges = new EdgeIndex([source, destination], nodes);
  const batch = new functional.Segments(
    sizes.flatMap((size, graph) => Array.from({ length: size }, () => graph)),
    sizes.length,
  );
  return {
    x,
    edges,
    edgeAttr,
    batch,
    sizes,
    dispose() {
      tf.dispose([x, edgeAttr]);
      edges.dispose();
      batch.dispose();
    },
  };
}

function join(inputs: readonly GraphInput[]): GraphInput {
  const [source, destination]: [number[], number[]] = [[], []];
  let first = 0;
  for (const { edges } of inputs) {
    for (const node of edges.source) source.push(first + node);
    for (const node of edges.destination) destination.push(first + node);
    first += edges.nodes;
  }
  return input(
    tf.concat(inputs.map(({ x }) => x)),
    [source, destination],
    tf.concat(inputs.map(({ edgeAttr }) => edgeAttr)),
    inputs.flatMap(({ sizes }) => sizes),
  );
}

/** Joins graphs to one without edges between them, and splits rows of nodes. */
export const disjointUnion: Batching<GraphInput> = {
  join,
  split: (outputs, inputs) =>
    tf.split(
      outputs as tf.Tensor,
      inputs.map(({ x }) => x.shape[0]!),
    ) as Outputs[],
};

/** Joins graphs, and splits rows of graphs. */
export const graphByGraph: Batching<GraphInput> = {
  join,
  split: (outputs, inputs) =>
    tf.split(
      outputs as tf.Tensor,
      inputs.map(({ sizes }) => sizes.length),
    ) as Outputs[],
};
