import * as tf from '@tensorflow/tfjs-core';
import { check, functional, type Generator } from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';

/** Options of every convolution. */
export interface ConvOptions {
  /** An additive bias. Default true. */
  readonly bias?: boolean;
  /** For the first values of the parameters, and for dropout. Default: the default generator. */
  readonly generator?: Generator;
}

/** Features of the nodes: of all, or of a bipartite graph's [sources, destinations]; null where a side has none. */
export type NodeFeatures = tf.Tensor | readonly [tf.Tensor, tf.Tensor | null];

/** Features of both sides. */
export function bothSides(x: NodeFeatures): readonly [tf.Tensor, tf.Tensor | null] {
  return x instanceof tf.Tensor ? [x, x] : x;
}

/**
 * Checks that features are [nodes, width].
 *
 * @param what the layer's name and, for bipartite graphs, which side
 */
export function checkFeatures(what: string, x: tf.Tensor, nodes: number, width?: number): void {
  check(
    x.rank === 2 && x.shape[0] === nodes && (width === undefined || x.shape[1] === width),
    () => `${what} takes features [${nodes} nodes, ${width ?? 'any width'}] of this graph, got [${x.shape.join(', ')}]`,
  );
}

/** The features of the node at which each edge starts: [sources, …] to [edges, …]. */
export function atSources(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
  return functional.segmentGather(x, edges.outgoing);
}

/** The features of the node to which each edge leads: [destinations, …] to [edges, …]. */
export function atDestinations(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
  return functional.segmentGather(x, edges.incoming);
}
