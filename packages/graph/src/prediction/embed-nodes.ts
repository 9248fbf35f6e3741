import type * as tf from '@tensorflow/tfjs-core';
import { check, evaluationMode, kMeans, scope, type KMeansOptions, type KMeansResult } from '@hourglass/core';
import type { GraphData } from '../data/index.js';
import type { EdgeIndex } from '../edges/index.js';
import type { GAE } from '../models/index.js';

/**
 * Features and edges of a graph on the device, kept with the graph.
 *
 * @throws InvalidArgumentError for a graph without features
 */
export function featuresAndEdges(graph: GraphData): { readonly x: tf.Tensor2D; readonly edges: EdgeIndex } {
  const { x, edges } = graph.tensors();
  check(x !== null, 'the graph has no features; give each node one, for instance its number as one-hot vector');
  return { x, edges };
}

/** What `fn` makes of a graph in evaluation mode, read back. */
export async function readOnGraph(
  model: GAE,
  graph: GraphData,
  fn: (x: tf.Tensor2D, edges: EdgeIndex) => tf.Tensor,
): Promise<Float32Array> {
  const { x, edges } = featuresAndEdges(graph);
  const restore = evaluationMode(model);
  let result: tf.Tensor | null = null;
  try {
    result = scope(() => fn(x, edges));
    return await result.data<'float32'>();
  } finally {
    restore();
    result?.dispose();
  }
}

/** Embeddings of the nodes, [nodes, model.channels] row by row. */
export function embedNodes(model: GAE, graph: GraphData): Promise<Float32Array> {
  return readOnGraph(model, graph, (x, edges) => model.encode(x, edges));
}

/** Clusters of nodes: k-means on their embeddings. */
export async function clusterNodes(
  model: GAE,
  graph: GraphData,
  clusters: number,
  options?: KMeansOptions,
): Promise<KMeansResult> {
  return kMeans(await embedNodes(model, graph), model.channels, clusters, options);
}
