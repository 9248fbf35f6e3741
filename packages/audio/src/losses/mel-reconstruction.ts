import { check, Module, ModuleList, scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { MelScale } from '../signal/mel.js';
import { Spectrogram } from '../signal/spectrogram.js';

export interface MelReconstructionOptions {
  /** Lengths of the windows; frames are a quarter of them apart. Default 64, 128, … 2048. */
  readonly windows?: readonly number[];
  /** Default 64. */
  readonly melBins?: number;
  /** Weight of the logarithmic part for a window: √(s / 2) in SoundStream (default), 1 in EnCodec. */
  readonly weight?: 'root' | 'one';
}

/**
 * How far the mel spectrograms of two sounds are from each other, at several resolutions (SoundStream, arXiv:2107.03312, equations 4
 * and 5): for each window length s, averaged over frames,
 *
 *     ‖S - Ŝ‖₁ + α ‖log S - log Ŝ‖₂
 *
 * the norms being those of one frame's mel bins. The sum over window lengths.
 */
export class MelReconstructionLoss extends Module {
  readonly scales: ModuleList<Resolution>;

  constructor(sampleRate: number, options: MelReconstructionOptions = {}) {
    super();
    const { windows = [64, 128, 256, 512, 1024, 2048], melBins = 64, weight = 'root' } = options;
    check(windows.length > 0, 'the mel reconstruction loss needs at least one window');
    this.scales = new ModuleList(
      windows.map(
        (length) => new Resolution(length, sampleRate, melBins, weight === 'root' ? Math.sqrt(length / 2) : 1),
      ),
    );
  }

  /**
   * @param predicted float32 [N, time, channels]
   * @param target of the same shape
   * @returns scalar
   */
  forward(predicted: tf.Tensor, target: tf.Tensor): tf.Tensor {
    check(
      predicted.rank === 3 && tf.util.arraysEqual(predicted.shape, target.shape),
      () =>
        `the mel reconstruction loss compares two sounds [N, time, channels], got [${predicted.shape.join(', ')}] ` +
        `and [${target.shape.join(', ')}]`,
    );
    return scope(() => {
      const [a, b] = [rows(predicted), rows(target)];
      return tf.addN([...this.scales].map((scale) => scale.forward(a, b)));
    });
  }
}

class Resolution extends Module {
  readonly spectrogram: Spectrogram;
  readonly mel_scale: MelScale;

  constructor(
    readonly length: number,
    sampleRate: number,
    nMels: number,
    readonly weight: number,
  ) {
    super();
    this.spectrogram = new Spectrogram({ nFft: length, hopLength: length >> 2 });
    this.mel_scale = new MelScale({ sampleRate, nMels, nStft: (length >> 1) + 1 });
  }

  forward(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return scope(() => {
      const [x, y] = [this.#mel(a), this.#mel(b)];
      const linear = tf.mean(tf.sum(tf.abs(tf.sub(x, y)), -1));
      const difference = tf.sub(tf.log(tf.maximum(x, floor)), tf.log(tf.maximum(y, floor)));
      // the root of zero has no gradient
      const norm = tf.sqrt(tf.add(tf.sum(tf.square(difference), -1), 1e-8));
      return tf.add(linear, tf.mul(tf.mean(norm), this.weight));
    });
  }

  /** [N, time] to mel magnitudes [N, frames, bins]; the window's sum is divided out, so that resolutions are comparable. */
  #mel(x: tf.Tensor): tf.Tensor {
    const magnitude = tf.sqrt(tf.add(this.spectrogram.forward(x), 1e-10));
    return this.mel_scale.forward(tf.mul(magnitude, 2 / this.length));
  }
}

/** Quieter than -100 dB counts as silence. */
const floor = 1e-5;

/** [N, time, channels] to [N · channels, time]. */
function rows(x: tf.Tensor): tf.Tensor {
  const [examples, time, channels] = x.shape as [number, number, number];
  return tf.reshape(channels === 1 ? x : tf.transpose(x, [0, 2, 1]), [examples * channels, time]);
}
