import type * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  BatchNorm1d,
  Conv1d,
  init,
  Module,
  scope,
  weightNorm,
  type Generator,
  type RenameRule,
  type UnaryModule,
} from '@hourglass/core';

export interface PositionalConvolutionOptions {
  /** Of 'gelu', 'relu', … */
  readonly activation: string;
  /** Normalise batches before the convolution, in place of the weight's norm. Default false. */
  readonly batchNorm?: boolean;
  readonly generator?: Generator;
}

/**
 * What a frame's neighbours say about its place: a wide grouped convolution, whose result is added to the frames (Mohamed et al. 2019,
 * arXiv:1904.11660; Baevski et al. 2020, arXiv:2006.11477). An even kernel reaches one frame less far into the future.
 */
export class PositionalConvolution extends Module implements UnaryModule {
  readonly conv: Conv1d;
  readonly batch_norm: BatchNorm1d | null;
  readonly #activation: UnaryModule;

  constructor(width: number, kernelSize: number, groups: number, options: PositionalConvolutionOptions) {
    super();
    const { activation, batchNorm = false, generator } = options;
    const before = Math.floor(kernelSize / 2);
    const conv = new Conv1d(width, width, {
      kernelSize,
      groups,
      padding: [[before, kernelSize - 1 - before]],
      generator,
    });
    init.normal(conv.weight, 0, 2 * Math.sqrt(1 / (kernelSize * width)), { generator });
    init.zeros(conv.bias!);
    // one magnitude for each place in the kernel
    this.conv = batchNorm ? conv : weightNorm(conv, { dim: 2 });
    this.batch_norm = batchNorm ? new BatchNorm1d(width) : null;
    this.#activation = activationByName(activation);
  }

  /** x float32 [N, frames, width] to what is to be added to it. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() =>
      this.#activation.forward(this.conv.forward(this.batch_norm === null ? x : this.batch_norm.forward(x))),
    );
  }
}

/** Checkpoints from before torch 2.0 name the parts of a normed weight otherwise; they are read, not written. */
export const legacyWeightNorm: readonly RenameRule[] = [
  ['weight_g', 'original0'],
  ['weight_v', 'original1'],
].map(([theirs, ours]) => ({
  toOurs: [new RegExp(`\\.${theirs}$`), `.parametrizations.weight.${ours}`],
  toReference: [/(?!)/, ''],
}));
