import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { embedding } from '../../functional/shape-ops/embedding.js';
import { Module, Parameter, type UnaryModule } from '../../module/index.js';
import { normalTensor, type Generator } from '../../random/index.js';

/** A table of vectors by index, initialised N(0, 1) as torch does. */
export class Embedding extends Module implements UnaryModule {
  /** [numEmbeddings, embeddingDim] */
  readonly weight: Parameter;
  /** Index whose vector starts at zero and gets no gradient; null for none. */
  readonly paddingIdx: number | null;

  /** @throws InvalidArgumentError for a padding index outside the table. */
  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: { paddingIdx?: number | null; generator?: Generator } = {},
  ) {
    super();
    const { paddingIdx = null } = options;
    check(
      paddingIdx === null || (paddingIdx >= -numEmbeddings && paddingIdx < numEmbeddings),
      `Embedding: padding index ${paddingIdx} is outside a table of ${numEmbeddings}`,
    );
    this.paddingIdx = paddingIdx === null || paddingIdx >= 0 ? paddingIdx : paddingIdx + numEmbeddings;
    this.weight = new Parameter(normalTensor([numEmbeddings, embeddingDim], 0, 1, options.generator));
    this.resetPadding();
  }

  /** Sets the vector of the padding index to zero, as it must be after the table was drawn anew. */
  resetPadding(): void {
    const { paddingIdx: row, weight, embeddingDim: width } = this;
    if (row === null) return;
    const values = weight.value
      .dataSync<'float32'>()
      .slice()
      .fill(0, row * width, (row + 1) * width);
    const table = tf.tensor(values, weight.shape);
    weight.assign(table);
    table.dispose();
  }

  /** Integers of any shape to [..., embeddingDim]. */
  forward(x: tf.Tensor): tf.Tensor {
    return embedding(x, this.weight.value, { paddingIdx: this.paddingIdx });
  }
}
