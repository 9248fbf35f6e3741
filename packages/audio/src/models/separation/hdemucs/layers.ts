import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Conv1d,
  Conv2d,
  ConvTranspose1d,
  ConvTranspose2d,
  functional,
  GroupNorm,
  Module,
  scope,
  type Generator,
} from '@hourglass/core';
import { DConv, type DConvOptions } from './dconv.js';
import type { LayerPlan } from './plan.js';

export interface LayerOptions {
  /** Groups of the norms; null for none. */
  readonly normGroups: number | null;
  /** Neighbours that the second convolution sees on each side. */
  readonly context: number;
  /** Only the convolution that changes sizes: where the waveform's branch ends and begins. */
  readonly empty: boolean;
  readonly generator?: Generator;
}

/**
 * What an encoder layer makes of [N, frequencies, frames, channels] of the spectrogram's branch, or [N, steps, channels] of the waveform's:
 * fewer frequencies or steps.
 */
export class HEncLayer extends Module {
  readonly conv: Conv1d | Conv2d;
  readonly norm1: GroupNorm | null;
  readonly rewrite: Conv1d | Conv2d | null;
  readonly norm2: GroupNorm | null;
  readonly dconv: DConv | null;
  readonly freq: boolean;
  readonly stride: number;

  constructor(
    inChannels: number,
    outChannels: number,
    plan: LayerPlan,
    { normGroups, context, empty, generator }: LayerOptions,
    dconv: DConvOptions,
  ) {
    super();
    const { freq, kernelSize, stride } = plan;
    this.freq = freq;
    this.stride = stride;
    const padding = plan.pad ? Math.floor(kernelSize / 4) : 0;
    this.conv = freq
      ? new Conv2d(inChannels, outChannels, {
          kernelSize: [kernelSize, 1],
          stride: [stride, 1],
          padding: [padding, 0],
          generator,
        })
      : new Conv1d(inChannels, outChannels, { kernelSize, stride, padding, generator });
    const norm = (width: number): GroupNorm | null => (normGroups === null ? null : new GroupNorm(normGroups, width));
    this.norm1 = norm(outChannels);
    this.rewrite = empty ? null : rewriteOf(freq, outChannels, context, generator);
    this.norm2 = empty ? null : norm(2 * outChannels);
    this.dconv = empty ? null : new DConv(outChannels, dconv);
  }

  get empty(): boolean {
    return this.rewrite === null;
  }

  /** @param inject what the waveform's branch has come to, [N, frames, channels], where it joins */
  forward(x: tf.Tensor, inject: tf.Tensor | null = null): tf.Tensor {
    return scope(() => {
      const y = this.conv.forward(this.#fit(x));
      if (this.rewrite === null) return y;
      check(
        inject === null || inject.shape[1] === y.shape[2],
        () => `HDemucs: ${inject!.shape[1]} steps of the waveform for ${y.shape[2]} frames of the spectrogram`,
      );
      const joined = inject === null ? y : tf.add(y, tf.expandDims(inject, 1));
      const hidden = this.#refine(functional.gelu(apply(this.norm1, joined)));
      return functional.glu(apply(this.norm2, this.rewrite.forward(hidden)));
    });
  }

  /** Layers over time take what is left of one frequency, and as many steps as their stride divides. */
  #fit(x: tf.Tensor): tf.Tensor {
    if (this.freq) return x;
    const y = x.rank === 4 ? tf.squeeze(x, [1]) : x;
    const over = y.shape[1]! % this.stride;
    return over === 0 ? y : functional.pad(y, [[0, this.stride - over]]);
  }

  /** The residual blocks see one frequency at a time. */
  #refine(x: tf.Tensor): tf.Tensor {
    const dconv = this.dconv!;
    if (!this.freq) return dconv.forward(x);
    const [batch, frequencies, frames, channels] = x.shape as [number, number, number, number];
    return tf.reshape(dconv.forward(tf.reshape(x, [batch * frequencies, frames, channels])), x.shape);
  }
}

/** What a decoder layer returns, and what its last convolution saw, from where the waveform's branch begins. */
export interface Decoded {
  readonly x: tf.Tensor;
  readonly before: tf.Tensor;
}

/** The layer that undoes the sizes of an {@link HEncLayer}. */
export class HDecLayer extends Module {
  readonly conv_tr: ConvTranspose1d | ConvTranspose2d;
  readonly norm2: GroupNorm | null;
  readonly rewrite: Conv1d | Conv2d | null;
  readonly norm1: GroupNorm | null;
  readonly freq: boolean;
  readonly pad: number;

  constructor(
    readonly inChannels: number,
    outChannels: number,
    plan: LayerPlan,
    { normGroups, context, empty, generator }: LayerOptions,
    readonly last: boolean,
  ) {
    super();
    const { freq, kernelSize, stride } = plan;
    this.freq = freq;
    this.pad = plan.pad ? (kernelSize - stride) / 2 : 0;
    this.conv_tr = freq
      ? new ConvTranspose2d(inChannels, outChannels, { kernelSize: [kernelSize, 1], stride: [stride, 1], generator })
      : new ConvTranspose1d(inChannels, outChannels, { kernelSize, stride, generator });
    const norm = (width: number): GroupNorm | null => (normGroups === null ? null : new GroupNorm(normGroups, width));
    this.norm2 = norm(outChannels);
    this.rewrite = empty ? null : rewriteOf(freq, inChannels, context, generator);
    this.norm1 = empty ? null : norm(2 * inChannels);
  }

  get empty(): boolean {
    return this.rewrite === null;
  }

  /**
   * @param skip what the encoder layer across returned; null for an empty layer
   * @param length steps of the result; the frequencies are what they were
   */
  forward(x: tf.Tensor, skip: tf.Tensor | null, length: number): Decoded {
    return scope(() => {
      const given = this.freq && x.rank === 3 ? tf.expandDims(x, 1) : x;
      const before =
        this.rewrite === null
          ? tf.clone(given)
          : functional.glu(apply(this.norm1, this.rewrite.forward(tf.add(given, skip!))));
      // the norm counts what is cut off, too
      const whole = apply(this.norm2, this.conv_tr.forward(before));
      const y = this.#cut(whole, this.freq ? whole.shape[1]! - 2 * this.pad : length);
      return { x: this.last ? y : functional.gelu(y), before };
    });
  }

  #cut(x: tf.Tensor, length: number): tf.Tensor {
    if (length === x.shape[1]) return x;
    const begin = x.shape.map((_, axis) => (axis === 1 ? this.pad : 0));
    return tf.slice(
      x,
      begin,
      x.shape.map((size, axis) => (axis === 1 ? length : size)),
    );
  }
}

function rewriteOf(freq: boolean, channels: number, context: number, generator?: Generator): Conv1d | Conv2d {
  const options = { kernelSize: 1 + 2 * context, padding: context, generator };
  return freq ? new Conv2d(channels, 2 * channels, options) : new Conv1d(channels, 2 * channels, options);
}

function apply(norm: GroupNorm | null, x: tf.Tensor): tf.Tensor {
  return norm === null ? x : norm.forward(x);
}
