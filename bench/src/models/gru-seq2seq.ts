import * as tf from '@tensorflow/tfjs-core';
import { Adam, Embedding, functional, Generator, GRU, Linear, losses, Module, scope } from '@hourglass/core';
import type { TrainingMaker } from '../training.js';
import { integerTensor } from './inputs.js';

interface Sizes {
  readonly batch: number;
  readonly length: number;
  readonly hidden: number;
  readonly vocabulary: number;
}

/** Recurrent sequence to sequence with dot-product attention (Luong et al. 2015, arXiv:1508.04025), all target tokens given. */
class AttentionSeq2Seq extends Module {
  readonly source: Embedding;
  readonly target: Embedding;
  readonly encoder: GRU;
  readonly decoder: GRU;
  readonly combine: Linear;
  readonly head: Linear;

  constructor({ hidden, vocabulary }: Sizes, generator: Generator) {
    super();
    this.source = new Embedding(vocabulary, hidden, { generator });
    this.target = new Embedding(vocabulary, hidden, { generator });
    this.encoder = new GRU(hidden, hidden, { batchFirst: true, generator });
    this.decoder = new GRU(hidden, hidden, { batchFirst: true, generator });
    this.combine = new Linear(2 * hidden, hidden, { generator });
    this.head = new Linear(hidden, vocabulary, { generator });
  }

  /** Tokens [N, S] and [N, T] to logits [N, T, vocabulary]. */
  forward(source: tf.Tensor, target: tf.Tensor): tf.Tensor {
    return scope(() => {
      const memory = this.encoder.forward(this.source.forward(source));
      const { output } = this.decoder.forward(this.target.forward(target), { h: memory.h });
      const context = functional.scaledDotProductAttention(output, memory.output, memory.output, { scale: 1 });
      const combined = tf.tanh(this.combine.forward(tf.concat([context, output], -1)));
      return this.head.forward(combined);
    });
  }
}

const sizes: Readonly<Record<'full' | 'small', Sizes>> = {
  full: { batch: 32, length: 32, hidden: 256, vocabulary: 8000 },
  small: { batch: 2, length: 5, hidden: 8, vocabulary: 30 },
};

export const gruSeq2Seq: TrainingMaker = (size) => {
  const generator = new Generator(1);
  const { batch, length, vocabulary } = sizes[size];
  const model = new AttentionSeq2Seq(sizes[size], generator);
  const tokens = (): tf.Tensor => integerTensor([batch, length], vocabulary, generator);
  const inputs = { source: tokens(), target: tokens(), labels: tokens() };
  const forward = (): tf.Tensor => model.forward(inputs.source, inputs.target);
  return {
    model,
    inputs,
    forward,
    loss: () => losses.crossEntropy(forward(), inputs.labels),
    optimizer: () => new Adam(model.parameters(), { lr: 1e-3 }),
  };
};
