import * as tf from '@tensorflow/tfjs-core';
import { Embedding, functional, init, scope } from '@hourglass/core';
import { conjugate, product, type Complex } from './complex-numbers.js';
import { distances } from './distances.js';
import { glorotEmbeddings, KGEModel, type KGEOptions } from './kge-model.js';

/** Relations are rotations of complex numbers: the score is margin - ‖h r - t‖ (Sun et al. 2019, arXiv:1902.10197). */
export class RotatE extends KGEModel {
  protected override readonly kind = 'RotatE';
  readonly node_emb_im: Embedding;

  constructor(options: KGEOptions) {
    super(options);
    const { numNodes, hiddenChannels } = this.config;
    const random = { generator: options.generator };
    this.node_emb_im = new Embedding(numNodes, hiddenChannels, random);
    glorotEmbeddings([this.node_emb, this.node_emb_im], options.generator);
    init.uniform(this.rel_emb.weight, 0, 2 * Math.PI, random);
  }

  protected override score(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    const [re, im] = product(this.#node(head), this.#rotation(relation));
    const [tailRe, tailIm] = this.#node(tail);
    const difference = tf.stack([tf.sub(re, tailRe), tf.sub(im, tailIm)], 2);
    return tf.sub(this.config.margin, functional.vectorNorm(difference, { dims: [1, 2] }));
  }

  override scoreTails(head: tf.Tensor, relation: tf.Tensor): tf.Tensor {
    return scope(() => this.#against(product(this.#node(head), this.#rotation(relation))));
  }

  override scoreHeads(relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    // a rotation keeps distances, so the tail can be turned back
    return scope(() => this.#against(product(this.#node(tail), conjugate(this.#rotation(relation)))));
  }

  override loss(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return this.classificationLoss(head, relation, tail);
  }

  #node(index: tf.Tensor): Complex {
    return [this.node_emb.forward(index), this.node_emb_im.forward(index)];
  }

  #rotation(relation: tf.Tensor): Complex {
    const angle = this.rel_emb.forward(relation);
    return [tf.cos(angle), tf.sin(angle)];
  }

  #against(target: Complex): tf.Tensor {
    const all = tf.concat([this.node_emb.weight.value, this.node_emb_im.weight.value], 1);
    return tf.sub(this.config.margin, distances(tf.concat([...target], 1), all, 2));
  }
}
