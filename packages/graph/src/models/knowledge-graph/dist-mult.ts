import * as tf from '@tensorflow/tfjs-core';
import { scope } from '@hourglass/core';
import { glorotEmbeddings, KGEModel, type KGEOptions } from './kge-model.js';

/** Relations are diagonal matrices: the score is Σ h r t, the same for both directions (Yang et al. 2014, arXiv:1412.6575). */
export class DistMult extends KGEModel {
  protected override readonly kind = 'DistMult';
  constructor(options: KGEOptions) {
    super(options);
    glorotEmbeddings([this.node_emb, this.rel_emb], options.generator);
  }

  protected override score(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return tf.sum(
      tf.mul(tf.mul(this.node_emb.forward(head), this.rel_emb.forward(relation)), this.node_emb.forward(tail)),
      -1,
    );
  }

  override scoreTails(head: tf.Tensor, relation: tf.Tensor): tf.Tensor {
    return scope(() => {
      const query = tf.mul(this.node_emb.forward(head), this.rel_emb.forward(relation));
      return tf.matMul(query, this.node_emb.weight.value, false, true);
    });
  }

  override scoreHeads(relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return this.scoreTails(tail, relation);
  }

  override loss(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return this.rankingLoss(head, relation, tail);
  }
}
