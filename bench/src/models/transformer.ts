import type * as tf from '@tensorflow/tfjs-core';
import {
  AdamW,
  Dropout,
  Embedding,
  Generator,
  Linear,
  losses,
  Module,
  ModuleList,
  scope,
  SinusoidalPositions,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from '@hourglass/core';
import type { TrainingMaker } from '../training.js';
import { integerTensor } from './inputs.js';

interface Sizes {
  readonly batch: number;
  readonly length: number;
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly feedForward: number;
  readonly vocabulary: number;
}

/** Transformer for sequence to sequence (Vaswani et al. 2017, arXiv:1706.03762). */
class Transformer extends Module {
  readonly source: Embedding;
  readonly target: Embedding;
  readonly positions: SinusoidalPositions;
  readonly dropout: Dropout;
  readonly encoder: ModuleList<TransformerEncoderLayer>;
  readonly decoder: ModuleList<TransformerDecoderLayer>;
  readonly head: Linear;

  constructor({ length, width, heads, layers, feedForward, vocabulary }: Sizes, generator: Generator) {
    super();
    const options = { dimFeedforward: feedForward, batchFirst: true, generator };
    this.source = new Embedding(vocabulary, width, { generator });
    this.target = new Embedding(vocabulary, width, { generator });
    this.positions = new SinusoidalPositions(length, width);
    this.dropout = new Dropout(0.1, { generator });
    const list = <L extends Module>(make: () => L): ModuleList<L> =>
      new ModuleList(Array.from({ length: layers }, make));
    this.encoder = list(() => new TransformerEncoderLayer(width, heads, options));
    this.decoder = list(() => new TransformerDecoderLayer(width, heads, options));
    this.head = new Linear(width, vocabulary, { generator });
  }

  /** Tokens [N, S] and [N, T] to logits [N, T, vocabulary]. */
  forward(source: tf.Tensor, target: tf.Tensor): tf.Tensor {
    return scope(() => {
      const embed = (table: Embedding, tokens: tf.Tensor): tf.Tensor =>
        this.dropout.forward(this.positions.forward(table.forward(tokens)));
      let memory = embed(this.source, source);
      for (const layer of this.encoder) memory = layer.forward(memory);
      let state = embed(this.target, target);
      for (const layer of this.decoder) state = layer.forward(state, memory, { isCausal: true });
      return this.head.forward(state);
    });
  }
}

const sizes: Readonly<Record<'full' | 'small', Sizes>> = {
  full: { batch: 32, length: 32, width: 256, heads: 8, layers: 3, feedForward: 1024, vocabulary: 8000 },
  small: { batch: 2, length: 5, width: 16, heads: 2, layers: 1, feedForward: 24, vocabulary: 30 },
};

export const transformer: TrainingMaker = (size) => {
  const generator = new Generator(1);
  const { batch, length, vocabulary } = sizes[size];
  const model = new Transformer(sizes[size], generator);
  const tokens = (): tf.Tensor => integerTensor([batch, length], vocabulary, generator);
  const inputs = { source: tokens(), target: tokens(), labels: tokens() };
  const forward = (): tf.Tensor => model.forward(inputs.source, inputs.target);
  return {
    model,
    inputs,
    forward,
    loss: () => losses.crossEntropy(forward(), inputs.labels),
    optimizer: () => new AdamW(model.parameters(), { lr: 1e-3 }),
  };
};
