/**
 * Finds the singing voice in music by deciding of each point of the spectrogram, as of a pixel, whether the voice is louder there.
 * "Singing Voice Separation Using a Deep Convolutional Neural Network Trained by Ideal Binary Mask and Cross Entropy", Lin et al. 2018,
 * arXiv:1812.01278. Sizes as in the authors' program (github.com/EdwardLin2014/CNN-with-IBM-for-Singing-Voice-Separation).
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  checkCount,
  ConfiguredModel,
  Conv2d,
  Dropout,
  functional,
  init,
  Linear,
  loadPretrained,
  ModuleList,
  ownFamily,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';

/** What a {@link MaskNetwork} is built from; plain data, kept in config.json. The defaults are the paper's. */
export interface MaskNetworkConfig {
  /** Length of the Fourier transform. Default 4096. */
  readonly fftLength?: number;
  /** Samples of a frame; the transform has zeros besides. Default 1024. */
  readonly winLength?: number;
  /** Distance of the frames. Default 256. */
  readonly hopLength?: number;
  /** Frames that are seen at once; odd. Default 9. */
  readonly frames?: number;
  /** Widths of the convolutions; frequencies are pooled behind every second one. Default [32, 16, 64, 32]. */
  readonly channels?: readonly number[];
  /** Of the convolutions: frames and frequencies. Default [3, 12]. */
  readonly kernelSize?: readonly [number, number];
  /** Frequencies that become one. Default 12. */
  readonly poolSize?: number;
  /** Widths of the hidden layers behind. Default [2048, 512]. */
  readonly hidden?: readonly number[];
  /** Before each of those. Default 0.5. */
  readonly dropout?: number;
  /** Magnitudes are seen to this power: below 1 quiet parts count for more. Default 1. */
  readonly compression?: number;
  /** Mask values below count as 0. Default 0: none. */
  readonly threshold?: number;
  /** Hertz of the sound that the model is for. Default 22050. */
  readonly sampleRate?: number;
}

const defaults: Required<MaskNetworkConfig> = {
  fftLength: 4096,
  winLength: 1024,
  hopLength: 256,
  frames: 9,
  channels: [32, 16, 64, 32],
  kernelSize: [3, 12],
  poolSize: 12,
  hidden: [2048, 512],
  dropout: 0.5,
  compression: 1,
  threshold: 0,
  sampleRate: 22050,
};

/** The two sounds of a mixture, [N, time] each; they add up to it where there is no threshold. */
export interface VoiceAndAccompaniment {
  readonly voice: tf.Tensor;
  readonly accompaniment: tf.Tensor;
}

export class MaskNetwork extends ConfiguredModel<MaskNetworkConfig> {
  protected override readonly modelType = modelType;
  override readonly config: MaskNetworkConfig;
  readonly convs: ModuleList<Conv2d>;
  readonly hidden: ModuleList<Linear>;
  readonly output: Linear;
  readonly dropout: Dropout;
  readonly #full: Required<MaskNetworkConfig>;

  /** @throws InvalidArgumentError for sizes that do not fit */
  constructor(config: MaskNetworkConfig = {}, generator?: Generator) {
    super();
    this.config = config;
    this.#full = { ...defaults, ...config };
    const { fftLength, winLength, hopLength, frames, channels, kernelSize, poolSize, hidden, dropout } = this.#full;
    for (const [name, value] of Object.entries({ fftLength, winLength, hopLength, frames, poolSize })) {
      checkCount(`MaskNetwork: ${name}`, value);
    }
    check(frames % 2 === 1, () => `MaskNetwork: a frame in the middle needs an odd number of frames, got ${frames}`);
    check(
      winLength <= fftLength && hopLength <= winLength / 2,
      () =>
        `MaskNetwork: frames of ${winLength} samples every ${hopLength}, transforms of ${fftLength}: a frame must fit the transform, and overlap by half`,
    );
    check(
      channels.length > 0 && channels.length % 2 === 0,
      () => `MaskNetwork: convolutions come in pairs, got ${channels.length}`,
    );
    this.convs = new ModuleList(
      channels.map((width, i) => new Conv2d(channels[i - 1] ?? 1, width, { kernelSize, padding: 'same', generator })),
    );
    let bins = this.bins;
    for (let i = 0; i < channels.length; i += 2) bins = Math.ceil(bins / poolSize);
    const widths = [frames * bins * channels.at(-1)!, ...hidden];
    this.hidden = new ModuleList(hidden.map((width, i) => new Linear(widths[i]!, width, { generator })));
    this.output = new Linear(widths.at(-1)!, frames * this.bins, { generator });
    this.dropout = new Dropout(dropout, { generator });
    for (const layer of [...this.convs, ...this.hidden, this.output]) {
      init.xavierUniform(layer.weight, { generator });
      init.zeros(layer.bias!);
    }
  }

  get sampleRate(): number {
    return this.#full.sampleRate;
  }

  /** Frequencies of a spectrogram. */
  get bins(): number {
    return Math.floor(this.#full.fftLength / 2) + 1;
  }

  get frames(): number {
    return this.#full.frames;
  }

  /**
   * @param patches magnitudes, float32 [N, frames, bins]
   * @returns float32 [N, frames, bins]: before the sigmoid, whether the voice is louder
   * @throws InvalidArgumentError for another shape
   */
  forward(patches: tf.Tensor): tf.Tensor {
    const { bins, frames } = this;
    check(
      patches.rank === 3 && patches.shape[1] === frames && patches.shape[2] === bins,
      () => `MaskNetwork takes magnitudes [N, ${frames}, ${bins}], got shape [${patches.shape.join(', ')}]`,
    );
    return scope(() => {
      let x: tf.Tensor = tf.expandDims(patches, 3);
      [...this.convs].forEach((conv, i) => {
        x = functional.relu(conv.forward(x));
        if (i % 2 === 1) x = poolBins(x, this.#full.poolSize);
      });
      x = tf.reshape(x, [x.shape[0]!, -1]);
      for (const layer of this.hidden) x = functional.relu(layer.forward(this.dropout.forward(x)));
      return tf.reshape(this.output.forward(x), patches.shape);
    });
  }

  /** Sound [N, time] to the spectrogram that masks are for: [N, frames, bins, 2]. */
  spectrogram(x: tf.Tensor): tf.Tensor {
    check(
      x.rank === 2 && x.shape[1]! > 0,
      () => `MaskNetwork takes sound of one channel, [N, time], got shape [${x.shape.join(', ')}]`,
    );
    const { hopLength } = this.#full;
    const length = x.shape[1]!;
    return scope(() => {
      const whole = tf.pad(x, [
        [0, 0],
        [0, Math.ceil(length / hopLength) * hopLength - length],
      ]);
      return functional.stft(whole, { ...this.#transform(), padMode: 'constant' });
    });
  }

  /** What the network sees of a sound [N, time]: magnitudes [N, frames, bins], of which the largest of each sound is 1. */
  magnitudes(x: tf.Tensor): tf.Tensor {
    return scope(() => this.#seen(this.spectrogram(x)));
  }

  #seen(spectrogram: tf.Tensor): tf.Tensor {
    const magnitudes = magnitudesOf(spectrogram);
    const relative = tf.div(magnitudes, tf.add(tf.max(magnitudes, [1, 2], true), 1e-12));
    return tf.pow(relative, this.#full.compression);
  }

  /** Magnitudes [T, bins] of a sound to the probability at each point that it is the voice's, [T, bins]: of each frame in the midst of its neighbours. */
  mask(magnitudes: tf.Tensor): tf.Tensor {
    const { frames, bins } = this;
    return scope(() => {
      const count = magnitudes.shape[0]!;
      const side = (frames - 1) / 2;
      // around it, it is as quiet as at its quietest point
      const quiet = tf.mul(tf.ones([side, bins]), tf.min(magnitudes));
      const padded = tf.concat([quiet, magnitudes, quiet], 0);
      const patches = tf.stack(
        Array.from({ length: frames }, (_, i) => tf.slice(padded, [i, 0], [count, bins])),
        1,
      );
      const logits = tf.slice(this.forward(patches), [0, side, 0], [-1, 1, -1]);
      return tf.reshape(tf.sigmoid(logits), [count, bins]);
    });
  }

  /** A mixture, float32 [N, time] of any length, to its voice and what is left, with the mixture's phase. */
  separate(x: tf.Tensor): VoiceAndAccompaniment {
    const { threshold, hopLength } = this.#full;
    return scope(() => {
      const spectrogram = this.spectrogram(x);
      const mask = tf.stack(tf.unstack(this.#seen(spectrogram)).map((one) => this.mask(one)));
      const heard = (share: tf.Tensor): tf.Tensor => {
        const kept = threshold > 0 ? tf.mul(share, tf.cast(tf.greaterEqual(share, threshold), 'float32')) : share;
        const masked = tf.mul(spectrogram, tf.expandDims(kept, 3));
        const whole = functional.istft(masked, { ...this.#transform(), length: hopLength * (mask.shape[1]! - 1) });
        return tf.slice(whole, [0, 0], [-1, x.shape[1]!]);
      };
      return { voice: heard(mask), accompaniment: heard(tf.sub(1, mask)) };
    });
  }

  #transform() {
    const { fftLength, winLength, hopLength } = this.#full;
    return { nFft: fftLength, winLength, hopLength, window: functional.hannWindow(winLength) };
  }

  /** Loads a checkpoint of this library: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<MaskNetwork> {
    return loadPretrained(source, maskNetworkFamilies, options);
  }
}

/** Where the voice is louder than the accompaniment, of spectrograms [..., 2]: 1, otherwise 0; [...]. */
export function idealBinaryMask(voice: tf.Tensor, accompaniment: tf.Tensor): tf.Tensor {
  return scope(() => tf.cast(tf.greater(magnitudesOf(voice), magnitudesOf(accompaniment)), 'float32'));
}

const magnitudesOf = (spectrogram: tf.Tensor): tf.Tensor => tf.sqrt(tf.sum(tf.square(spectrogram), -1));

/** Maxima of `size` neighbouring bins of [N, frames, bins, channels]; none is below 0, so zeros around change nothing. */
function poolBins(x: tf.Tensor, size: number): tf.Tensor {
  const missing = Math.ceil(x.shape[2]! / size) * size - x.shape[2]!;
  const before = Math.floor(missing / 2);
  const padded = functional.pad(x, [
    [0, 0],
    [before, missing - before],
  ]);
  return functional.maxPool2d(padded, { kernelSize: [1, size], stride: [1, size] });
}

const modelType = 'hourglass-mask-network';

/** Kinds of checkpoint that {@link MaskNetwork.fromPretrained} reads. */
export const maskNetworkFamilies: ReadonlyArray<ModelFamily<MaskNetwork>> = [
  ownFamily(modelType, (config: MaskNetworkConfig) => new MaskNetwork(config)),
];
