import * as tf from '@tensorflow/tfjs-core';
import { check, functional, scope } from '@hourglass/core';
import type { GraphData } from '../data/index.js';
import type { EdgeIndex } from '../edges/index.js';
import { InnerProductDecoder } from '../layers/decoders/index.js';
import { rowBlocks } from '../losses/edge-reconstruction.js';
import type { GAE } from '../models/index.js';
import { readOnGraph } from './embed-nodes.js';

export interface AnomalyScoreOptions {
  /** Share of the features' error in the score; the rest is the structure's. Default 0.5, or 0 for a model that decodes edges only. */
  readonly attributeShare?: number;
}

/**
 * How badly an autoencoder gives each node back: the length of the error of its row of the adjacency matrix and of its
 * features, each divided by its mean over the nodes (DOMINANT, Ding et al. 2019, doi:10.1137/1.9781611975673.67). Train the
 * model on the same graph first. Memory grows with the nodes, time with their square.
 *
 * @returns [nodes]: the higher, the stranger
 * @throws InvalidArgumentError when the features count but the model does not decode them, or its decoder is not of inner products
 */
export function anomalyScores(model: GAE, graph: GraphData, options: AnomalyScoreOptions = {}): Promise<Float32Array> {
  const { attributeShare: share = model.attribute_decoder === null ? 0 : 0.5 } = options;
  check(share >= 0 && share <= 1, () => `attributeShare must lie in [0, 1], got ${share}`);
  check(model.decoder instanceof InnerProductDecoder, 'anomalyScores: structure is compared by inner products only');
  return readOnGraph(model, graph, (x, edges) => {
    const z = model.encode(x, edges);
    const structure = tf.mul(relative(structureErrors(z, edges)), 1 - share);
    if (share === 0) return structure;
    const difference = tf.sub(model.decodeAttributes(z, edges), x);
    return tf.add(structure, tf.mul(relative(tf.sqrt(tf.sum(tf.square(difference), 1))), share));
  });
}

function relative(errors: tf.Tensor): tf.Tensor {
  return tf.div(errors, tf.maximum(tf.mean(errors), 1e-12));
}

/** Length of the difference of each row of the adjacency matrix from the probabilities, without their matrix. */
function structureErrors(z: tf.Tensor, edges: EdgeIndex): tf.Tensor {
  return scope(() => {
    const asIfNone = tf.concat(rowBlocks(z, (products) => tf.sum(tf.square(tf.sigmoid(products)), 1)));
    const rows = tf.expandDims(z, 1);
    const p = tf.sigmoid(tf.reshape(functional.sddmm(edges.adjacency, rows, rows), [edges.edges]));
    // (1 - p)² in place of p²
    const change = functional.segmentSum(tf.sub(1, tf.mul(p, 2)), edges.outgoing);
    return tf.sqrt(tf.maximum(tf.add(asIfNone, change), 0));
  });
}
