import * as tf from '@tensorflow/tfjs-core';
import { scope } from '@hourglass/core';
import type { GraphData } from '../data/graph.js';
import { labelsTensor } from '../data/graph-tensors.js';
import { rowsTensor, takeRows } from '../data/rows.js';
import { EdgeIndex } from '../edges/index.js';
import type { SampledSubgraph } from './neighbor-sampler.js';

/** A part of a graph on the device. What the graph has not is null. Training frees it; otherwise `disposeTensors` does. */
export interface SampledBatch {
  /** Labels of the first `seeds` nodes: classes int32 [seeds], or targets float32 [seeds, width]. */
  readonly y: tf.Tensor | null;
  /** float32 [nodes, features] */
  readonly x: tf.Tensor2D | null;
  readonly edges: EdgeIndex;
  /** float32 [edges] */
  readonly edgeWeight: tf.Tensor1D | null;
  /** float32 [edges, width] */
  readonly edgeAttr: tf.Tensor2D | null;
  /** int32 [edges] */
  readonly edgeType: tf.Tensor1D | null;
  /** How many nodes the batch is about: the first ones. The others only bring messages. */
  readonly seeds: number;
  readonly subgraph: SampledSubgraph;
}

/** Brings the rows of a subgraph to the device; all others stay where they are. */
export function makeSampledBatch(graph: GraphData, subgraph: SampledSubgraph, seeds: number): SampledBatch {
  const { x, y, yOf, edgeWeight, edgeAttr, edgeType } = graph;
  const { nodes, edges, source, destination } = subgraph;
  const wanted = nodes.subarray(0, seeds);
  const tensors = scope(() => ({
    y:
      y === null || yOf === 'graph'
        ? null
        : labelsTensor(y instanceof Int32Array ? wanted.map((node) => y[node]!) : takeRows(y, wanted), seeds),
    x: x && rowsTensor(takeRows(x, nodes), nodes.length),
    edgeWeight: edgeWeight && tf.tensor1d(Float32Array.from(edges, (e) => edgeWeight[e]!)),
    edgeAttr: edgeAttr && rowsTensor(takeRows(edgeAttr, edges), edges.length),
    edgeType:
      edgeType &&
      tf.tensor1d(
        edges.map((e) => edgeType[e]!),
        'int32',
      ),
  }));
  return { ...tensors, edges: new EdgeIndex([source, destination], nodes.length), seeds, subgraph };
}

/**
 * The edges that layer number `layer` (from 0) of as many layers as there are hops needs at most: bipartite, from the nodes that the layer
 * before has computed to those that the layers behind it need. The caller disposes them. Only of `directional` subgraphs.
 */
export function edgesForLayer(
  { source, destination, nodesPerHop, edgesPerHop }: SampledSubgraph,
  layer: number,
): EdgeIndex {
  const hops = edgesPerHop.length - layer;
  const sum = (list: readonly number[], count: number): number => list.slice(0, count).reduce((a, b) => a + b, 0);
  const edges = sum(edgesPerHop, hops);
  return new EdgeIndex(
    [source.slice(0, edges), destination.slice(0, edges)],
    [sum(nodesPerHop, hops + 1), sum(nodesPerHop, hops)],
  );
}
