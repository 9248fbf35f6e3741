import {
  Conv1d,
  defaultGenerator,
  Embedding,
  functional as F,
  losses,
  Module,
  ModuleList,
  scope,
  type Generator,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

export interface DacQuantizerOptions {
  readonly latentChannels: number;
  readonly codebooks: number;
  readonly codebookSize: number;
  readonly codebookDim: number;
  /** Share of a batch's examples for which only some of the first codebooks count, in training. Default 0. */
  readonly dropout?: number;
  readonly generator?: Generator | undefined;
}

interface Stage {
  readonly value: tf.Tensor;
  readonly codes: tf.Tensor;
  readonly projected: tf.Tensor;
  readonly commitment: tf.Tensor;
  readonly codebook: tf.Tensor;
}

/** A codebook of few dimensions, with a projection to it and back; the nearest code is that of the smallest angle (arXiv:2110.04627). */
export class DacVectorQuantize extends Module {
  readonly in_proj: Conv1d;
  readonly out_proj: Conv1d;
  readonly codebook: Embedding;

  constructor({ latentChannels, codebookSize, codebookDim, generator = defaultGenerator() }: DacQuantizerOptions) {
    super();
    this.in_proj = new Conv1d(latentChannels, codebookDim, { kernelSize: 1, generator });
    this.out_proj = new Conv1d(codebookDim, latentChannels, { kernelSize: 1, generator });
    this.codebook = new Embedding(codebookSize, codebookDim, { generator });
  }

  /** The codes of projected frames [N, frames, codebookDim]: int32 [N, frames]. */
  nearest(projected: tf.Tensor): tf.Tensor {
    return scope(() => F.vectorQuantize(F.normalize(projected), F.normalize(this.codebook.weight.value)).codes);
  }

  forward(x: tf.Tensor): Stage {
    return scope(() => {
      const projected = this.in_proj.forward(x);
      const codes = this.nearest(projected);
      const embedded = this.codebook.forward(codes);
      return {
        value: this.out_proj.forward(F.straightThrough(projected, embedded)),
        codes,
        projected,
        commitment: losses.mse(projected, F.stopGradient(embedded)),
        codebook: losses.mse(embedded, F.stopGradient(projected)),
      };
    });
  }

  /** The frames [N, frames, latentChannels] that codes int32 [N, frames] stand for. */
  lookup(codes: tf.Tensor): tf.Tensor {
    return scope(() => this.out_proj.forward(this.codebook.forward(codes)));
  }
}

export interface DacQuantized {
  /** float32 [N, frames, latentChannels] */
  readonly value: tf.Tensor;
  /** int32 [N, frames, codebooks] */
  readonly codes: tf.Tensor;
  /** float32 [N, frames, codebooks · codebookDim]: what each codebook was given. */
  readonly projected: tf.Tensor;
  /** Scalars, summed over the codebooks and averaged over the batch. */
  readonly commitment: tf.Tensor;
  readonly codebook: tf.Tensor;
}

/** Stages of {@link DacVectorQuantize}, each of what those before left over (Kumar et al. 2023, arXiv:2306.06546). */
export class DacResidualVectorQuantizer extends Module {
  readonly quantizers: ModuleList<DacVectorQuantize>;
  readonly dropout: number;
  readonly #generator: Generator | undefined;

  constructor(options: DacQuantizerOptions) {
    super();
    const { codebooks, dropout = 0, generator } = options;
    this.quantizers = new ModuleList(Array.from({ length: codebooks }, () => new DacVectorQuantize(options)));
    this.dropout = dropout;
    this.#generator = generator;
  }

  /** @param codebooks default all, or in training as many for each example as the dropout leaves; all give codes nevertheless */
  forward(x: tf.Tensor, codebooks?: number): DacQuantized {
    return scope(() => {
      const all = this.quantizers.length;
      const kept = codebooks === undefined ? this.#drawn(x.shape[0]!) : null;
      const stages: Stage[] = [];
      let residual = x;
      for (let i = 0; i < (codebooks ?? all); i++) {
        const stage = this.quantizers.at(i).forward(residual);
        residual = tf.sub(residual, stage.value);
        stages.push(stage);
      }
      /** 1 for the examples that use the stage, [N]; null for all. */
      const users = stages.map((_, i) => (kept === null ? null : tf.tensor1d(kept.map((n) => Number(i < n)))));
      const weighted = (of: (stage: Stage) => tf.Tensor): tf.Tensor =>
        tf.addN(stages.map((stage, i) => (users[i] === null ? of(stage) : tf.mul(of(stage), tf.mean(users[i]!)))));
      return {
        value: tf.addN(
          stages.map(({ value }, i) => (users[i] === null ? value : tf.mul(value, tf.reshape(users[i]!, [-1, 1, 1])))),
        ),
        codes: tf.stack(
          stages.map(({ codes }) => codes),
          -1,
        ),
        projected: tf.concat(
          stages.map(({ projected }) => projected),
          -1,
        ),
        commitment: weighted(({ commitment }) => commitment),
        codebook: weighted(({ codebook }) => codebook),
      };
    });
  }

  /** @param codes int32 [N, frames, codebooks] */
  lookup(codes: tf.Tensor): tf.Tensor {
    return scope(() => tf.addN(tf.unstack(codes, -1).map((of, i) => this.quantizers.at(i).lookup(of))));
  }

  /** Codebooks of each example; null where all use all. */
  #drawn(examples: number): number[] | null {
    const dropped = this.training ? Math.floor(examples * this.dropout) : 0;
    if (dropped === 0) return null;
    const generator = this.#generator ?? defaultGenerator();
    const all = this.quantizers.length;
    return Array.from({ length: examples }, (_, i) => (i < dropped ? generator.integer(1, all + 1) : all));
  }
}
