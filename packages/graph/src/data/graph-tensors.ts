import * as tf from '@tensorflow/tfjs-core';
import { scope } from '@hourglass/core';
import { EdgeIndex } from '../edges/index.js';
import type { GraphData } from './graph.js';
import { rowsTensor, type DenseRows } from './rows.js';

/** A graph on the device. What the graph has not is null. */
export interface GraphTensors {
  /** float32 [nodes, features] */
  readonly x: tf.Tensor2D | null;
  readonly edges: EdgeIndex;
  /** float32 [edges, width] */
  readonly edgeAttr: tf.Tensor2D | null;
  /** float32 [edges] */
  readonly edgeWeight: tf.Tensor1D | null;
  /** int32 [edges] */
  readonly edgeType: tf.Tensor1D | null;
  /** Classes, int32 [nodes or 1], or targets, float32 [nodes or 1, width]. */
  readonly y: tf.Tensor | null;
  /** float32 [nodes, dimensions] */
  readonly pos: tf.Tensor2D | null;
}

/** New tensors, kept until {@link disposeGraphTensors}. */
export function makeGraphTensors(graph: GraphData): GraphTensors {
  const { numNodes, numEdges, x, edgeAttr, edgeWeight, edgeType, y, pos } = graph;
  const tensors = scope(() => ({
    x: x && rowsTensor(x, numNodes),
    edgeAttr: edgeAttr && rowsTensor(edgeAttr, numEdges),
    edgeWeight: edgeWeight && tf.tensor1d(edgeWeight),
    edgeType: edgeType && tf.tensor1d(edgeType, 'int32'),
    y: y && labelsTensor(y, graph.labelled),
    pos: pos && rowsTensor(pos, numNodes),
  }));
  for (const tensor of Object.values(tensors)) if (tensor !== null) tf.keep(tensor);
  return { ...tensors, edges: new EdgeIndex(graph.edgeIndex, numNodes) };
}

/** Classes int32 [count], or targets float32 [count, width]. */
export function labelsTensor(y: Int32Array | DenseRows, count: number): tf.Tensor {
  return y instanceof Int32Array ? tf.tensor1d(y, 'int32') : rowsTensor(y, count);
}

export function disposeGraphTensors({ edges, ...tensors }: GraphTensors): void {
  edges.dispose();
  for (const tensor of Object.values(tensors)) tensor?.dispose();
}
