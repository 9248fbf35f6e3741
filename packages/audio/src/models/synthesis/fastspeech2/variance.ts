import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Conv1d,
  Dropout,
  functional,
  LayerNorm,
  Linear,
  Module,
  ModuleList,
  scope,
  type Generator,
} from '@hourglass/core';

class PredictorLayer extends Module {
  readonly conv: Conv1d;
  readonly layer_norm: LayerNorm;
  readonly dropout: Dropout;

  constructor(inputs: number, channels: number, kernelSize: number, dropout: number, generator?: Generator) {
    super();
    this.conv = new Conv1d(inputs, channels, { kernelSize, padding: (kernelSize - 1) / 2, generator });
    this.layer_norm = new LayerNorm(channels);
    this.dropout = new Dropout(dropout, { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.dropout.forward(this.layer_norm.forward(functional.relu(this.conv.forward(x))));
  }
}

export interface VariancePredictorOptions {
  readonly layers: number;
  readonly channels: number;
  readonly kernelSize: number;
  readonly dropout: number;
  readonly generator?: Generator | undefined;
}

/** A number for each token: the logarithm of its duration, its pitch, its energy (Ren et al. 2020, arXiv:2006.04558). */
export class VariancePredictor extends Module {
  readonly conv_layers: ModuleList<PredictorLayer>;
  readonly linear: Linear;

  constructor(width: number, options: VariancePredictorOptions) {
    super();
    const { layers, channels, kernelSize, dropout, generator } = options;
    this.conv_layers = new ModuleList(
      Array.from(
        { length: layers },
        (_, i) => new PredictorLayer(i === 0 ? width : channels, channels, kernelSize, dropout, generator),
      ),
    );
    this.linear = new Linear(channels, 1, { generator });
  }

  /** x [N, L, width] to [N, L, 1]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      let y = x;
      for (const layer of this.conv_layers) y = layer.forward(y);
      return this.linear.forward(y);
    });
  }
}

/** Pitch or energy [N, L, 1] to what is added to the states [N, L, width]. */
export class VarianceEmbedding extends Module {
  readonly conv: Conv1d;
  readonly dropout: Dropout;

  constructor(width: number, kernelSize: number, dropout: number, generator?: Generator) {
    super();
    this.conv = new Conv1d(1, width, { kernelSize, padding: (kernelSize - 1) / 2, generator });
    this.dropout = new Dropout(dropout, { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.dropout.forward(this.conv.forward(x)));
  }
}

/** Rounds halves to even numbers, as torch does. */
function roundHalfEven(x: number): number {
  const nearest = Math.round(x);
  return Math.abs(x % 1) === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

/** Frames of each token when it is spoken so much slower; where nothing is said at all every token gets one, as in the reference. */
export function spokenFrames(durations: ReadonlyArray<readonly number[]>, speed = 1): number[][] {
  const frames = durations.map((row) => row.map((d) => (speed === 1 ? d : roundHalfEven(d * speed))));
  return frames.every((row) => row.every((d) => d === 0)) ? frames.map((row) => row.map(() => 1)) : frames;
}

/**
 * Repeats each token's state as long as it lasts: the length regulator of FastSpeech (Ren et al. 2019, arXiv:1905.09263).
 *
 * @param x float32 [N, L, width]
 * @param durations whole frames of each token, L for each of N
 * @returns float32 [N, longest, width], 0 behind an end
 * @throws InvalidArgumentError for durations that do not fit
 */
export function regulateLength(x: tf.Tensor, durations: ReadonlyArray<readonly number[]>): tf.Tensor {
  const [n, length, width] = x.shape as [number, number, number];
  check(
    durations.length === n &&
      durations.every((row) => row.length === length && row.every((d) => Number.isInteger(d) && d >= 0)),
    () => `durations must be whole frames for each of [${n}, ${length}] tokens, got ${JSON.stringify(durations)}`,
  );
  const total = (row: readonly number[]): number => row.reduce((sum, d) => sum + d, 0);
  const longest = Math.max(...durations.map((row) => total(row)));
  const from = new Int32Array(n * longest);
  const counts = new Float32Array(n * longest);
  durations.forEach((row, example) => {
    let at = example * longest;
    row.forEach((duration, token) => {
      from.fill(example * length + token, at, at + duration);
      counts.fill(1, at, at + duration);
      at += duration;
    });
  });
  return scope(() => {
    const rows = functional.embedding(tf.tensor2d(from, [n, longest], 'int32'), tf.reshape(x, [n * length, width]));
    return tf.mul(rows, tf.tensor3d(counts, [n, longest, 1]));
  });
}
