import * as tf from '@tensorflow/tfjs-core';
import { functional, init, scope } from '@hourglass/core';
import { distances } from './distances.js';
import { KGEModel, type KGEOptions } from './kge-model.js';

/**
 * Relations are translations: the score is -‖h + r - t‖, heads and tails of length 1 (Bordes et al. 2013, "Translating Embeddings for Modeling
 * Multi-relational Data").
 */
export class TransE extends KGEModel {
  protected override readonly kind = 'TransE';
  constructor(options: KGEOptions) {
    super(options);
    const { hiddenChannels, pNorm } = this.config;
    const bound = 6 / Math.sqrt(hiddenChannels);
    const random = { generator: options.generator };
    init.uniform(this.node_emb.weight, -bound, bound, random);
    init.uniform(this.rel_emb.weight, -bound, bound, random);
    scope(() => this.rel_emb.weight.assign(functional.normalize(this.rel_emb.weight.value, { p: pNorm })));
  }

  protected override score(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    const difference = tf.sub(
      tf.add(this.#unit(this.node_emb.forward(head)), this.rel_emb.forward(relation)),
      this.#unit(this.node_emb.forward(tail)),
    );
    return tf.neg(functional.vectorNorm(difference, { p: this.config.pNorm, dims: -1 }));
  }

  override scoreTails(head: tf.Tensor, relation: tf.Tensor): tf.Tensor {
    return scope(() => {
      const target = tf.add(this.#unit(this.node_emb.forward(head)), this.rel_emb.forward(relation));
      return tf.neg(distances(target, this.#unit(this.node_emb.weight.value), this.config.pNorm));
    });
  }

  override scoreHeads(relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return scope(() => {
      const target = tf.sub(this.#unit(this.node_emb.forward(tail)), this.rel_emb.forward(relation));
      return tf.neg(distances(target, this.#unit(this.node_emb.weight.value), this.config.pNorm));
    });
  }

  override loss(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return this.rankingLoss(head, relation, tail);
  }

  #unit(x: tf.Tensor): tf.Tensor {
    return functional.normalize(x, { p: this.config.pNorm });
  }
}
