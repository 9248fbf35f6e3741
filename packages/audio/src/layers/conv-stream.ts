import { functional as F, scope, type Conv1d, type ConvTranspose1d } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { padEnds, type EndMode } from './pad-ends.js';
import { Held, steps, joined, type LayerStream } from './streaming.js';

export interface ConvStreamSizes {
  /** Inputs that an output reaches over. */
  readonly extent: number;
  readonly stride: number;
  readonly dilation: number;
  readonly groups: number;
  /** Steps put before and behind the signal, and what they hold. */
  readonly padding: readonly [before: number, behind: number];
  readonly padMode: EndMode;
  /** Whether a last stride that is not whole is filled up, and not left out. */
  readonly fills: boolean;
}

/** A convolution on sound that comes in pieces. An output comes with the last input that it reaches. */
export class ConvStream implements LayerStream {
  readonly #sizes: ConvStreamSizes;
  readonly #weight: Held;
  readonly #bias: Held;
  /** The last inputs, what lies before the signal among them. */
  readonly #inputs = new Held();
  /** Where the next window begins in them. */
  #next = 0;
  /** Steps of the signal so far. */
  #heard = 0;
  #begun = false;

  constructor({ weight, bias }: Conv1d, sizes: ConvStreamSizes) {
    this.#sizes = sizes;
    this.#weight = scope(() => new Held(weight.value));
    this.#bias = new Held(bias?.value ?? null);
  }

  push(x: tf.Tensor | null, last: boolean): tf.Tensor | null {
    const { padding, stride, padMode, extent, fills } = this.#sizes;
    const [before, behind] = padding;
    return scope(() => {
      let inputs = joined(this.#inputs.value, x);
      if (inputs === null) return null;
      this.#heard += x?.shape[1] ?? 0;
      const end = last ? behind + (fills ? filling(this.#heard, stride) : 0) : 0;
      if (!this.#begun) {
        // shorter ones count as followed by zeros, which is known at the end only
        const needed = padMode === 'reflect' ? Math.max(before, behind + stride - 1) : 0;
        if (inputs.shape[1]! <= needed && !last) {
          this.#inputs.set(inputs);
          return null;
        }
        this.#begun = true;
        inputs = padEnds(inputs, before, end, padMode);
      } else inputs = padEnds(inputs, 0, end, padMode);
      const length = inputs.shape[1]!;
      const windows = Math.max(0, Math.floor((length - this.#next - extent) / stride) + 1);
      const y = windows === 0 ? null : this.#convolved(inputs, (windows - 1) * stride + extent);
      this.#next += windows * stride;
      // enough must stay for mirroring it behind the end
      const cut = Math.max(0, Math.min(this.#next, length - behind - stride));
      this.#inputs.set(last ? null : steps(inputs, cut, length));
      this.#next -= cut;
      return y;
    });
  }

  #convolved(inputs: tf.Tensor, reach: number): tf.Tensor {
    const { stride, dilation, groups } = this.#sizes;
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

export interface ConvTransposeStreamSizes {
  /** Outputs that an input reaches. */
  readonly extent: number;
  readonly stride: number;
  readonly groups: number;
  /** Steps cut off at the beginning and at the end. */
  readonly trimmed: readonly [left: number, right: number];
}

/** A transposed convolution on sound that comes in pieces. An output comes with the last input that reaches it. */
export class ConvTransposeStream implements LayerStream {
  readonly #sizes: ConvTransposeStreamSizes;
  readonly #weight: Held;
  readonly #bias: Held;
  /** What the inputs so far give to outputs that later ones give to as well, without the bias. */
  readonly #begun = new Held();
  #left: number;

  constructor({ weight, bias }: ConvTranspose1d, sizes: ConvTransposeStreamSizes) {
    this.#sizes = sizes;
    this.#weight = scope(() => new Held(weight.value));
    this.#bias = new Held(bias?.value ?? null);
    this.#left = sizes.trimmed[0];
  }

  push(x: tf.Tensor | null, last: boolean): tf.Tensor | null {
    const { stride, groups, extent, trimmed } = this.#sizes;
    const surplus = extent - stride;
    if (x === null && !last) return null;
    return scope(() => {
      const begun = this.#begun.value;
      const whole =
        x === null ? begun : this.#added(F.convTranspose1d(x, this.#weight.value!, null, { stride, groups }), begun);
      if (whole === null) return null;
      const length = whole.shape[1]!;
      const ready = last ? length - trimmed[1] : length - surplus;
      const from = Math.min(this.#left, ready);
      this.#left -= from;
      const y = steps(whole, from, ready);
      const result = y === null || this.#bias.value === null ? y : tf.add(y, this.#bias.value);
      if (last) this.#begun.set(null);
      else if (x !== null) this.#begun.set(steps(whole, length - surplus, length));
      return result;
    });
  }

  #added(y: tf.Tensor, begun: tf.Tensor | null): tf.Tensor {
    if (begun === null) return y;
    const more = y.shape[1]! - begun.shape[1]!;
    return tf.add(
      y,
      tf.pad(begun, [
        [0, 0],
        [0, more],
        [0, 0],
      ]),
    );
  }

  dispose(): void {
    for (const held of [this.#weight, this.#bias, this.#begun]) held.dispose();
  }
}
