import * as tf from '@tensorflow/tfjs-core';
import { check, Embedding, init, Module, scope, type Generator } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { atDestinations, atSources } from '../message-passing.js';
import { checkDense, checkEmbeddings, type EdgeDecoder } from './decoder.js';

/** Σ z_u r z_v with a learned vector r for each relation (Yang et al. 2014, arXiv:1412.6575). */
export class DistMultDecoder extends Module implements EdgeDecoder {
  /** [relations, channels] */
  readonly rel_emb: Embedding;

  constructor(
    readonly channels: number,
    readonly relations: number = 1,
    options: { readonly generator?: Generator } = {},
  ) {
    super();
    this.rel_emb = new Embedding(relations, channels, options);
    init.xavierUniform(this.rel_emb.weight, options);
  }

  /** @param relation needed where there are several relations */
  forward(z: tf.Tensor, pairs: EdgeIndex, relation: tf.Tensor | null = null): tf.Tensor {
    checkEmbeddings('DistMultDecoder', z, pairs, this.channels);
    check(
      relation === null ? this.relations === 1 : relation.rank === 1 && relation.shape[0] === pairs.edges,
      () => `DistMultDecoder of ${this.relations} relations needs the relation of each of ${pairs.edges} pairs`,
    );
    return scope(() => {
      const factor = relation === null ? this.rel_emb.weight.value : this.rel_emb.forward(relation);
      return tf.sum(tf.mul(tf.mul(atSources(z, pairs), factor), atDestinations(z, pairs)), 1);
    });
  }

  /** @param relation number of the relation. Default 0. */
  forwardAll(z: tf.Tensor, relation = 0): tf.Tensor {
    checkDense('DistMultDecoder', z.shape[0]!);
    return scope(() => {
      const factor = tf.slice(this.rel_emb.weight.value, [relation, 0], [1, this.channels]);
      return tf.matMul(tf.mul(z, factor) as tf.Tensor2D, z as tf.Tensor2D, false, true);
    });
  }
}
