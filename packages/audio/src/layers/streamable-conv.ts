import { check, Conv1d, GroupNorm, Module, scope, UnsupportedError, weightNorm, type Generator } from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import { ConvStream } from './conv-stream.js';
import { checkEndMode, padEnds, type EndMode } from './pad-ends.js';
import type { LayerStream, Streamable } from './streaming.js';

/** What keeps a convolution's output in bounds: weight norm, group norm over all channels and time, or nothing. */
export const convNorms = ['none', 'weight_norm', 'time_group_norm'] as const;
export type ConvNorm = (typeof convNorms)[number];

/** @throws InvalidArgumentError for a norm that does not exist */
export function checkConvNorm(norm: string, where: string): asserts norm is ConvNorm {
  check(
    (convNorms as readonly string[]).includes(norm),
    () => `${where}: there is no norm '${norm}'; there are ${convNorms.join(', ')}`,
  );
}

export interface StreamableConvOptions {
  readonly kernelSize: number;
  /** Default 1. */
  readonly stride?: number;
  /** Default 1. */
  readonly dilation?: number;
  /** Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** No output depends on inputs after its own stride. Default true. */
  readonly causal?: boolean;
  /** What lies before and behind the signal. Default `reflect`, EnCodec's. */
  readonly padMode?: EndMode;
  /** Default `none`. */
  readonly norm?: ConvNorm;
  readonly generator?: Generator | undefined;
}

/**
 * Convolution over time that gives ceil(time / stride) steps: all padding before the signal where it is causal, on both sides otherwise,
 * and behind it what the last stride lacks (EnCodec, Défossez et al. 2022, arXiv:2210.13438). Names as in transformers: `conv`, `norm`.
 *
 * With `reflect`, what lies before the signal is made of its first steps: the first (kernelSize - 1) dilation + 1 - stride outputs
 * depend on later ones even where the layer is causal, and a stream begins to give when it has that many steps and one more. From there on
 * each stride gives its output at once. With `constant` and `replicate` nothing is held back by a causal layer; one that is not waits for
 * what it looks ahead.
 */
export class StreamableConv1d extends Module implements Streamable {
  readonly conv: Conv1d;
  readonly norm: GroupNorm | null;
  readonly causal: boolean;
  readonly padMode: EndMode;
  readonly stride: number;
  readonly dilation: number;
  readonly groups: number;
  /** Inputs that an output reaches over. */
  readonly extent: number;

  constructor(inChannels: number, outChannels: number, options: StreamableConvOptions) {
    super();
    const { kernelSize, stride = 1, dilation = 1, groups = 1, bias = true, generator } = options;
    const { causal = true, padMode = 'reflect', norm = 'none' } = options;
    checkEndMode(padMode, 'StreamableConv1d');
    checkConvNorm(norm, 'StreamableConv1d');
    this.extent = (kernelSize - 1) * dilation + 1;
    check(
      this.extent >= stride,
      () => `StreamableConv1d: a kernel over ${this.extent} steps leaves out some of each stride of ${stride}`,
    );
    this.causal = causal;
    this.padMode = padMode;
    this.stride = stride;
    this.dilation = dilation;
    this.groups = groups;
    const conv = new Conv1d(inChannels, outChannels, {
      kernelSize,
      stride,
      dilation,
      groups,
      bias,
      ...(generator && { generator }),
    });
    this.conv = norm === 'weight_norm' ? weightNorm(conv) : conv;
    this.norm = norm === 'time_group_norm' ? new GroupNorm(1, outChannels) : null;
  }

  /** Steps put around a signal, besides what fills the last stride. */
  get padding(): number {
    return this.extent - this.stride;
  }

  /** How many of them lie behind it: how much later a stream gives what it gives. */
  get ahead(): number {
    return this.causal ? 0 : Math.floor(this.padding / 2);
  }

  /** x [N, time, in] to [N, ceil(time / stride), out]. */
  forward(x: tf.Tensor): tf.Tensor {
    check(
      x.rank === 3 && x.shape[1]! > 0 && x.shape[2] === this.conv.inChannels,
      () => `a convolution over time takes [N, time, ${this.conv.inChannels}], got [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const y = this.conv.forward(this.#padded(x));
      return this.norm === null ? y : this.norm.forward(y);
    });
  }

  #padded(x: tf.Tensor): tf.Tensor {
    const length = x.shape[1]!;
    const filling = Math.ceil(length / this.stride) * this.stride - length;
    return padEnds(x, this.padding - this.ahead, this.ahead + filling, this.padMode);
  }

  stream(): LayerStream {
    checkStreams(this.norm);
    const { extent, stride, dilation, groups, padMode, padding, ahead } = this;
    const sizes = { extent, stride, dilation, groups, padMode, fills: true } as const;
    return new ConvStream(this.conv, { ...sizes, padding: [padding - ahead, ahead] });
  }
}

/** Whether nothing in a module needs the whole signal at once, as group norm over time does. */
export function canStream(module: Module): boolean {
  return [...module.namedModules()].every(([, part]) => !(part instanceof GroupNorm));
}

/** @throws UnsupportedError where an output depends on all of the signal */
export function checkStreams(norm: Module | null): void {
  if (norm !== null) {
    throw new UnsupportedError(
      'group norm over time needs the whole signal at once: a stream needs a model with weight norm or none',
    );
  }
}
