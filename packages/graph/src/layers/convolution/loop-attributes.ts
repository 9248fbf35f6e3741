import * as tf from '@tensorflow/tfjs-core';
import { removeSelfLoops, replaceSelfLoops, type EdgeIndex } from '../../edges/index.js';
import { namedAggregation, type AggregationName } from '../aggregation/index.js';

/** Attributes of a new self loop: a number, or an aggregation of those of the edges that lead to the node, its old loops left out. */
export type LoopFill = number | AggregationName;

/**
 * One new self loop for each node in place of those that were there, with attributes. For use inside a scope.
 *
 * @param attributes float32 [edges, width], or null
 */
export function loopedAttributes(
  edges: EdgeIndex,
  attributes: tf.Tensor | null,
  fill: LoopFill,
): { readonly edges: EdgeIndex; readonly attributes: tf.Tensor | null } {
  const looped = replaceSelfLoops(edges);
  if (attributes === null) return { edges: looped.edges, attributes: null };
  const loops = (name: AggregationName): tf.Tensor => {
    const bare = removeSelfLoops(edges);
    const all = namedAggregation(name).forward(bare.carry(attributes, 0), bare.edges.incoming);
    return tf.slice(all, 0, looped.origins.added);
  };
  return { edges: looped.edges, attributes: looped.carry(attributes, typeof fill === 'number' ? fill : loops(fill)) };
}
