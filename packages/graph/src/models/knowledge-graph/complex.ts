import * as tf from '@tensorflow/tfjs-core';
import { Embedding, scope } from '@hourglass/core';
import { conjugate, product, type Complex } from './complex-numbers.js';
import { glorotEmbeddings, KGEModel, type KGEOptions } from './kge-model.js';

/** DistMult of complex numbers: the real part of Σ h r t̄, which differs by direction (Trouillon et al. 2016, arXiv:1606.06357). */
export class ComplEx extends KGEModel {
  protected override readonly kind = 'ComplEx';
  readonly node_emb_im: Embedding;
  readonly rel_emb_im: Embedding;

  constructor(options: KGEOptions) {
    super(options);
    const { numNodes, numRelations, hiddenChannels } = this.config;
    this.node_emb_im = new Embedding(numNodes, hiddenChannels, { generator: options.generator });
    this.rel_emb_im = new Embedding(numRelations, hiddenChannels, { generator: options.generator });
    glorotEmbeddings([this.node_emb, this.node_emb_im, this.rel_emb, this.rel_emb_im], options.generator);
  }

  protected override score(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    const query = product(this.#node(head), this.#relation(relation));
    const [re, im] = this.#node(tail);
    return tf.sum(tf.add(tf.mul(query[0], re), tf.mul(query[1], im)), -1);
  }

  override scoreTails(head: tf.Tensor, relation: tf.Tensor): tf.Tensor {
    return scope(() => this.#against(product(this.#node(head), this.#relation(relation))));
  }

  override scoreHeads(relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return scope(() => this.#against(product(this.#node(tail), conjugate(this.#relation(relation)))));
  }

  override loss(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor {
    return this.classificationLoss(head, relation, tail);
  }

  override factors(head: tf.Tensor, relation: tf.Tensor, tail: tf.Tensor): tf.Tensor[] {
    // the root has no gradient at 0
    return [this.#node(head), this.#relation(relation), this.#node(tail)].map(([re, im]) =>
      tf.sqrt(tf.add(tf.add(tf.square(re), tf.square(im)), 1e-12)),
    );
  }

  #node(index: tf.Tensor): Complex {
    return [this.node_emb.forward(index), this.node_emb_im.forward(index)];
  }

  #relation(index: tf.Tensor): Complex {
    return [this.rel_emb.forward(index), this.rel_emb_im.forward(index)];
  }

  /** The real part of the product with every entity's conjugate. */
  #against([re, im]: Complex): tf.Tensor {
    return tf.add(
      tf.matMul(re, this.node_emb.weight.value, false, true),
      tf.matMul(im, this.node_emb_im.weight.value, false, true),
    );
  }
}
