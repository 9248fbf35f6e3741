import {
  check,
  Conv1d,
  functional as F,
  GroupNorm,
  Module,
  scope,
  UnsupportedError,
  weightNorm,
  type Generator,
} from '@hourglass/core';
import type * as tf from '@tensorflow/tfjs-core';
import { checkEndMode, padEnds, type EndMode } from './pad-ends.js';
import { Held, joined, steps, type LayerStream, type Streamable } from './streaming.js';

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
 * each stride gives its output at once. With `constant` and `replicate` nothing is held back.
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
    const behind = this.causal ? 0 : Math.floor(this.padding / 2);
    return padEnds(x, this.padding - behind, behind + filling, this.padMode);
  }

  stream(): LayerStream {
    checkStreams(this.causal, this.norm);
    return new ConvStream(this);
  }
}

/** @throws UnsupportedError where an output depends on inputs far behind it */
export function checkStreams(causal: boolean, norm: Module | null): void {
  if (!causal || norm !== null) {
    throw new UnsupportedError(
      `${causal ? 'group norm over time' : 'a convolution that is not causal'} needs the whole signal at once: ` +
        'a stream needs a causal model with weight norm or none',
    );
  }
}

class ConvStream implements LayerStream {
  readonly #layer: StreamableConv1d;
  readonly #weight: Held;
  readonly #bias: Held;
  /** The last inputs, what lies before the signal among them. */
  readonly #inputs = new Held();
  /** Where the next window begins in them. */
  #next = 0;
  #begun = false;

  constructor(layer: StreamableConv1d) {
    this.#layer = layer;
    const { weight, bias } = layer.conv;
    this.#weight = scope(() => new Held(weight.value));
    this.#bias = new Held(bias?.value ?? null);
  }

  push(x: tf.Tensor | null, last: boolean): tf.Tensor | null {
    const { padding, stride, padMode, extent } = this.#layer;
    return scope(() => {
      let inputs = joined(this.#inputs.value, x);
      if (inputs === null) return null;
      if (!this.#begun) {
        // shorter ones count as followed by zeros, which is known at the end only
        const needed = padMode === 'reflect' ? Math.max(padding, stride - 1) : 0;
        const short = inputs.shape[1]! <= needed;
        if (short && !last) {
          this.#inputs.set(inputs);
          return null;
        }
        this.#begun = true;
        const behind = short ? filling(inputs.shape[1]!, stride) : 0;
        inputs = padEnds(inputs, padding, behind, padMode);
      }
      if (last) inputs = padEnds(inputs, 0, filling(inputs.shape[1]! - this.#next - padding, stride), padMode);
      const length = inputs.shape[1]!;
      const windows = Math.max(0, Math.floor((length - this.#next - extent) / stride) + 1);
      const y = windows === 0 ? null : this.#convolved(inputs, (windows - 1) * stride + extent);
      this.#next += windows * stride;
      // enough must stay for mirroring it behind the end
      const cut = Math.max(0, Math.min(this.#next, length - stride));
      this.#inputs.set(last ? null : steps(inputs, cut, length));
      this.#next -= cut;
      return y;
    });
  }

  #convolved(inputs: tf.Tensor, reach: number): tf.Tensor {
    const { stride, dilation, groups } = this.#layer;
    const used = steps(inputs, this.#next, this.#next + reach)!;
    return F.conv1d(used, this.#weight.value!, this.#bias.value, { stride, dilation, groups });
  }

  dispose(): void {
    for (const held of [this.#weight, this.#bias, this.#inputs]) held.dispose();
  }
}

/** What a signal lacks to be whole strides. */
function filling(length: number, stride: number): number {
  return Math.ceil(length / stride) * stride - length;
}
