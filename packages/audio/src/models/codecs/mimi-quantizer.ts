import {
  Conv1d,
  defaultGenerator,
  functional as F,
  losses,
  Module,
  ModuleList,
  scope,
  StateBuffer,
  uniformTensor,
  type Generator,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { QuantizedFrames } from './codec-model.js';

export interface MimiQuantizerOptions {
  /** Width of the frames. */
  readonly latentChannels: number;
  /** Width that they are projected to, that of the codes. */
  readonly codebookDim: number;
  /** No projections where the widths are the same. */
  readonly projected: boolean;
  readonly codebookSize: number;
  /** Weight of the past in the moving averages. Default 0.99. */
  readonly decay?: number;
  readonly generator?: Generator | undefined;
}

/** Codes as sums of the vectors that had them, and how many there were: what moving averages keep. */
class MimiCodebook extends Module {
  /** [1]: 1 */
  readonly initialized: StateBuffer;
  /** [codes] */
  readonly cluster_usage: StateBuffer;
  /** [codes, codebookDim] */
  readonly embed_sum: StateBuffer;

  constructor({ codebookSize, codebookDim, generator = defaultGenerator() }: MimiQuantizerOptions) {
    super();
    this.initialized = new StateBuffer(tf.ones([1]));
    this.cluster_usage = new StateBuffer(tf.ones([codebookSize]));
    this.embed_sum = new StateBuffer(
      uniformTensor([codebookSize, codebookDim], -1 / codebookSize, 1 / codebookSize, generator),
    );
  }

  /** The codes [codes, codebookDim]. */
  get embed(): tf.Tensor {
    return scope(() => tf.div(this.embed_sum.value, tf.expandDims(tf.maximum(this.cluster_usage.value, 1e-5), 1)));
  }

  learn(vectors: tf.Tensor, codes: tf.Tensor, decay: number): void {
    scope(() => {
      const batch = F.codeStatistics(vectors, codes, this.cluster_usage.shape[0]!);
      const average = { counts: this.cluster_usage.value, sums: this.embed_sum.value };
      const moved = F.emaCodebookUpdate(average, batch, { decay });
      this.cluster_usage.assign(moved.counts);
      this.embed_sum.assign(moved.sums);
    });
  }
}

class MimiStage extends Module {
  readonly codebook: MimiCodebook;

  constructor(options: MimiQuantizerOptions) {
    super();
    this.codebook = new MimiCodebook(options);
  }
}

/** Residual vector quantiser with projections around it. */
class MimiResidualVectorQuantizer extends Module {
  readonly layers: ModuleList<MimiStage>;
  readonly input_proj: Conv1d | null;
  readonly output_proj: Conv1d | null;
  readonly #decay: number;

  constructor(stages: number, options: MimiQuantizerOptions) {
    super();
    const { latentChannels, codebookDim, projected, decay = 0.99, generator = defaultGenerator() } = options;
    const projection = (inner: number, outer: number): Conv1d | null =>
      projected ? new Conv1d(inner, outer, { kernelSize: 1, bias: false, generator }) : null;
    this.layers = new ModuleList(Array.from({ length: stages }, () => new MimiStage(options)));
    this.input_proj = projection(latentChannels, codebookDim);
    this.output_proj = projection(codebookDim, latentChannels);
    this.#decay = decay;
  }

  /** The first stages' codes, the caller's. */
  codebooks(stages: number): tf.Tensor[] {
    return Array.from({ length: stages }, (_, i) => this.layers.at(i).codebook.embed);
  }

  #in(x: tf.Tensor): tf.Tensor {
    return this.input_proj === null ? x : this.input_proj.forward(x);
  }

  #out(x: tf.Tensor): tf.Tensor {
    return this.output_proj === null ? x : this.output_proj.forward(x);
  }

  nearest(x: tf.Tensor, codebooks: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => F.residualVectorQuantize(this.#in(x), codebooks).codes);
  }

  lookup(codes: tf.Tensor, codebooks: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      const each = tf.unstack(codes, -1).map((of, i) => F.embedding(of, codebooks[i]!));
      return this.#out(tf.addN(each));
    });
  }

  forward(
    x: tf.Tensor,
    stages: number,
  ): { readonly value: tf.Tensor; readonly codes: tf.Tensor; readonly penalty: tf.Tensor } {
    return scope(() => {
      const { quantized, codes, residuals, embedded } = F.residualVectorQuantize(this.#in(x), this.codebooks(stages));
      const commitments = residuals.map((residual, i) => losses.mse(residual, F.stopGradient(embedded[i]!)));
      if (this.training) {
        tf.unstack(codes, -1).forEach((of, i) => this.layers.at(i).codebook.learn(residuals[i]!, of, this.#decay));
      }
      return { value: this.#out(quantized), codes, penalty: tf.addN(commitments) };
    });
  }
}

/**
 * Two residual quantisers of the same frames, the first for what is said and the second for how it sounds; the frames are their sum
 * (Défossez et al. 2024, arXiv:2410.00037). Codebooks learn by moving averages.
 */
export class MimiSplitResidualVectorQuantizer extends Module {
  readonly semantic_residual_vector_quantizer: MimiResidualVectorQuantizer;
  readonly acoustic_residual_vector_quantizer: MimiResidualVectorQuantizer;
  readonly semantic: number;

  constructor(stages: number, semantic: number, options: MimiQuantizerOptions) {
    super();
    this.semantic = semantic;
    this.semantic_residual_vector_quantizer = new MimiResidualVectorQuantizer(semantic, options);
    this.acoustic_residual_vector_quantizer = new MimiResidualVectorQuantizer(stages - semantic, options);
  }

  /** The first stages' codes [codes, codebookDim], which belong to the caller: to be computed once where they are needed often. */
  codebooks(stages: number): tf.Tensor[] {
    const semantic = Math.min(stages, this.semantic);
    return [
      ...this.semantic_residual_vector_quantizer.codebooks(semantic),
      ...this.acoustic_residual_vector_quantizer.codebooks(stages - semantic),
    ];
  }

  /** The codes of x float32 [N, frames, latentChannels]: int32 [N, frames, stages], one for each codebook given. */
  nearest(x: tf.Tensor, codebooks: readonly tf.Tensor[]): tf.Tensor {
    return this.#joined(
      codebooks,
      (quantizer, of) => quantizer.nearest(x, of),
      (parts) => tf.concat([...parts], -1),
    );
  }

  /** @param codes int32 [N, frames, stages] */
  lookup(codes: tf.Tensor, codebooks: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      const stages = codes.shape[2]!;
      const semantic = Math.min(stages, this.semantic);
      const parts = stages > semantic ? tf.split(codes, [semantic, stages - semantic], -1) : [codes];
      return this.#joined(
        codebooks,
        (quantizer, of, i) => quantizer.lookup(parts[i]!, of),
        (values) => tf.addN([...values]),
      );
    });
  }

  forward(x: tf.Tensor, stages: number): QuantizedFrames {
    return scope(() => {
      const semantic = this.semantic_residual_vector_quantizer.forward(x, this.semantic);
      const acoustic =
        stages > this.semantic ? this.acoustic_residual_vector_quantizer.forward(x, stages - this.semantic) : null;
      const parts = acoustic === null ? [semantic] : [semantic, acoustic];
      const penalty = tf.addN(parts.map((part) => part.penalty));
      return {
        value: tf.addN(parts.map(({ value }) => value)),
        codes: tf.concat(
          parts.map(({ codes }) => codes),
          -1,
        ),
        penalty,
        metrics: { commitment: F.stopGradient(penalty) },
      };
    });
  }

  #joined(
    codebooks: readonly tf.Tensor[],
    of: (quantizer: MimiResidualVectorQuantizer, codebooks: readonly tf.Tensor[], i: number) => tf.Tensor,
    join: (parts: readonly tf.Tensor[]) => tf.Tensor,
  ): tf.Tensor {
    return scope(() => {
      const [semantic, acoustic] = [codebooks.slice(0, this.semantic), codebooks.slice(this.semantic)];
      const parts = [of(this.semantic_residual_vector_quantizer, semantic, 0)];
      if (acoustic.length > 0) parts.push(of(this.acoustic_residual_vector_quantizer, acoustic, 1));
      return join(parts);
    });
  }
}
