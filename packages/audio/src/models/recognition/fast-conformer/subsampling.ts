import * as tf from '@tensorflow/tfjs-core';
import { check, Conv2d, Linear, Module, ReLU, scope, Sequential, type Generator } from '@hourglass/core';

/** Frames that each strided convolution still needs, float32 [N, 1 or 2, mel bands, channels]. */
export type SubsamplingState = readonly tf.Tensor[];

/**
 * Depthwise-separable convolutions over time and mel bands that halve both, as often as `factor` says, with the parameter names of NeMo's
 * `dw_striding`. In time they are causal: encoded frame t has seen the frames up to `factor` t. NeMo's one more frame at the end, which
 * has seen padding, is not made.
 */
export class ConvSubsampling extends Module {
  readonly conv: Sequential;
  readonly out: Linear;
  /** The modules between two strided convolutions, each of which needs a cache. */
  readonly #stages: ReadonlyArray<{
    readonly strided: Conv2d;
    readonly rest: ReadonlyArray<{ forward(x: tf.Tensor): tf.Tensor }>;
  }>;

  /** @throws InvalidArgumentError when the factor is not a power of two above one */
  constructor(
    readonly featIn: number,
    features: number,
    readonly factor: number,
    channels: number,
    generator?: Generator,
  ) {
    super();
    const halvings = Math.log2(factor);
    check(Number.isInteger(halvings) && halvings >= 1, `subsampling by ${factor}: it must be 2, 4, 8, …`);
    // the frames before come from the cache; bands are padded on both sides
    const strided = (inputs: number, groups: number): Conv2d =>
      new Conv2d(inputs, channels, {
        kernelSize: 3,
        stride: 2,
        padding: [
          [0, 0],
          [2, 1],
        ],
        groups,
        generator,
      });
    const stages = Array.from({ length: halvings }, (_, i) => ({
      strided: i === 0 ? strided(1, 1) : strided(channels, channels),
      rest: i === 0 ? [new ReLU()] : [new Conv2d(channels, channels, { kernelSize: 1, generator }), new ReLU()],
    }));
    this.#stages = stages;
    this.conv = new Sequential(...stages.flatMap(({ strided, rest }) => [strided, ...rest]));
    let bands = featIn;
    for (let i = 0; i < halvings; i++) bands = Math.floor(bands / 2) + 1;
    this.out = new Linear(channels * bands, features, { generator });
  }

  /** Encoded frames of so many. */
  lengthOf(frames: number): number {
    return Math.ceil(frames / this.factor);
  }

  /**
   * @param x float32 [N, T, mel bands]
   * @param state what the call before returned; null at the beginning. It stays the caller's.
   * @returns float32 [N, frames, features]; over a whole stream ⌈T / factor⌉ frames
   */
  forward(x: tf.Tensor, state: SubsamplingState | null = null): { output: tf.Tensor; state: SubsamplingState } {
    return scope(() => {
      let y = tf.expandDims(x, 3);
      const states: tf.Tensor[] = [];
      this.#stages.forEach(({ strided, rest }, i) => {
        const [n, , bands, channels] = y.shape as [number, number, number, number];
        const before = state?.[i] ?? tf.zeros([n, 2, bands, channels]);
        const all = tf.concat([before, y], 1);
        const frames = all.shape[1]!;
        const count = Math.max(0, Math.floor((frames - 1) / 2));
        states.push(tf.slice(all, [0, 2 * count, 0, 0], [n, frames - 2 * count, bands, channels]));
        if (count === 0) {
          y = tf.zeros([n, 0, Math.floor(bands / 2) + 1, strided.outChannels]);
          return;
        }
        y = rest.reduce((y, module) => module.forward(y), strided.forward(all));
      });
      const [n, frames, bands, channels] = y.shape as [number, number, number, number];
      if (frames === 0) return { output: tf.zeros([n, 0, this.out.outFeatures]), state: states };
      const flat = tf.reshape(tf.transpose(y, [0, 1, 3, 2]), [n, frames, channels * bands]);
      return { output: this.out.forward(flat), state: states };
    });
  }
}
