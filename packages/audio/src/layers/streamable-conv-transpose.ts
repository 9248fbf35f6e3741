import { check, ConvTranspose1d, GroupNorm, Module, scope, weightNorm } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import { ConvTransposeStream } from './conv-stream.js';
import { checkConvNorm, checkStreams, type StreamableConvOptions } from './streamable-conv.js';
import { steps, type LayerStream, type Streamable } from './streaming.js';

export interface StreamableConvTransposeOptions extends Omit<StreamableConvOptions, 'padMode' | 'dilation'> {
  /** Which share of what is too much is cut off at the end, the rest at the beginning; below 1 for causal ones only. Default 1. */
  readonly trimRightRatio?: number;
}

/**
 * Transposed convolution over time that gives time · stride steps: what the kernel reaches over that is cut off, at the end where it is
 * causal, on both sides otherwise (EnCodec, Défossez et al. 2022, arXiv:2210.13438). Names as in transformers: `conv`, `norm`.
 */
export class StreamableConvTranspose1d extends Module implements Streamable {
  readonly conv: ConvTranspose1d;
  readonly norm: GroupNorm | null;
  readonly causal: boolean;
  readonly stride: number;
  readonly groups: number;
  /** Outputs that an input reaches. */
  readonly extent: number;
  /** Steps cut off [at the beginning, at the end]. */
  readonly trimmed: readonly [number, number];

  constructor(inChannels: number, outChannels: number, options: StreamableConvTransposeOptions) {
    super();
    const { kernelSize, stride = 1, groups = 1, bias = true, causal = true, norm = 'none', generator } = options;
    const { trimRightRatio = 1 } = options;
    checkConvNorm(norm, 'StreamableConvTranspose1d');
    check(
      causal ? trimRightRatio >= 0 && trimRightRatio <= 1 : trimRightRatio === 1,
      () =>
        `StreamableConvTranspose1d: trimRightRatio must lie in [0, 1], and be 1 where it is not causal; got ${trimRightRatio}`,
    );
    check(
      kernelSize >= stride,
      () => `StreamableConvTranspose1d: a kernel of ${kernelSize} leaves gaps at stride ${stride}`,
    );
    this.causal = causal;
    this.stride = stride;
    this.groups = groups;
    this.extent = kernelSize;
    const surplus = kernelSize - stride;
    const right = causal ? Math.ceil(surplus * trimRightRatio) : Math.floor(surplus / 2);
    this.trimmed = [surplus - right, right];
    const conv = new ConvTranspose1d(inChannels, outChannels, {
      kernelSize,
      stride,
      groups,
      bias,
      ...(generator && { generator }),
    });
    this.conv = norm === 'weight_norm' ? weightNorm(conv) : conv;
    this.norm = norm === 'time_group_norm' ? new GroupNorm(1, outChannels) : null;
  }

  /** x [N, time, in] to [N, time · stride, out]. */
  forward(x: tf.Tensor): tf.Tensor {
    check(
      x.rank === 3 && x.shape[1]! > 0 && x.shape[2] === this.conv.inChannels,
      () => `a transposed convolution over time takes [N, time, ${this.conv.inChannels}], got [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const y = this.conv.forward(x);
      const normed = this.norm === null ? y : this.norm.forward(y);
      const [left, right] = this.trimmed;
      return left + right === 0 ? normed : steps(normed, left, normed.shape[1]! - right)!;
    });
  }

  stream(): LayerStream {
    checkStreams(this.norm);
    return new ConvTransposeStream(this.conv, this);
  }
}
