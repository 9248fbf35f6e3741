/**
 * Separates sounds as slots: each a vector without a place in an order, that says all there is to know of one source.
 * "AudioSlots: A slot-centric generative model for audio separation", Reddy et al. 2023, arXiv:2305.05591; the decoder is that of
 * "Spatial Broadcast Decoder", Watters et al. 2019, arXiv:1901.07017.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  checkCount,
  ConfiguredModel,
  Conv2d,
  functional,
  LayerNorm,
  Linear,
  loadPretrained,
  ModuleList,
  normalTensor,
  ownFamily,
  Parameter,
  scope,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';

/** What an {@link AudioSlots} is built from; plain data, kept in config.json. */
export interface AudioSlotsConfig {
  /** Sources. Default 2. */
  readonly slots?: number;
  /** Samples of a frame. Default 512. */
  readonly fftLength?: number;
  /** Distance of the frames. Default a quarter of `fftLength`. */
  readonly hopLength?: number;
  /** Frames and frequencies that the transformer sees as one; the second divides half of `fftLength`. Default [8, 16]. */
  readonly patchSize?: readonly [number, number];
  /** Width of everything. Default 256; a multiple of 4 and of `heads`. */
  readonly width?: number;
  /** Default 4. */
  readonly heads?: number;
  /** Layers in which patches look at each other. Default 4. */
  readonly encoderLayers?: number;
  /** Layers in which slots look at each other and at the patches. Default 2. */
  readonly slotLayers?: number;
  /** Convolutions behind the broadcast. Default 3. */
  readonly decoderLayers?: number;
  /** What the decoder gives: shares of the mixture that add up to 1, or spectrograms of their own. Default `mask`. */
  readonly output?: 'mask' | 'spectrogram';
  /** Magnitudes are seen and compared to this power, as quiet parts count too. Default 0.3. */
  readonly compression?: number;
  /** Default 0. */
  readonly dropout?: number;
  /** Hertz of the sound that the model is for. Default 16000. */
  readonly sampleRate?: number;
}

const defaults: Omit<Required<AudioSlotsConfig>, 'hopLength'> = {
  slots: 2,
  fftLength: 512,
  patchSize: [8, 16],
  width: 256,
  heads: 4,
  encoderLayers: 4,
  slotLayers: 2,
  decoderLayers: 3,
  output: 'mask',
  compression: 0.3,
  dropout: 0,
  sampleRate: 16000,
};

export interface AudioSlotsOutputs {
  /** What stands for each source: [N, slots, width]. */
  readonly embeddings: tf.Tensor;
  /** Compressed magnitudes of each source, [N, slots, frames, frequencies]; the highest frequency is left out. */
  readonly magnitudes: tf.Tensor;
  /** Sounds with the mixture's phase, [N, slots, time]. */
  readonly sources: tf.Tensor;
}

export class AudioSlots extends ConfiguredModel<AudioSlotsConfig> {
  protected override readonly modelType = modelType;
  override readonly config: AudioSlotsConfig;
  readonly embedding: Linear;
  readonly encoder: ModuleList<TransformerEncoderLayer>;
  readonly norm: LayerNorm;
  /** What slots begin as, [slots, width]; that they differ is all that tells them apart. */
  readonly queries: Parameter;
  readonly slots: ModuleList<TransformerDecoderLayer>;
  readonly slotNorm: LayerNorm;
  readonly decoder: ModuleList<Conv2d>;
  readonly output: Linear;
  readonly #full: Required<AudioSlotsConfig>;

  /** @throws InvalidArgumentError for sizes that do not fit */
  constructor(config: AudioSlotsConfig = {}, generator?: Generator) {
    super();
    this.config = config;
    const { fftLength } = { ...defaults, ...config };
    this.#full = { ...defaults, hopLength: Math.floor(fftLength / 4), ...config };
    const { slots, hopLength, patchSize, width, heads, encoderLayers, slotLayers, decoderLayers, dropout, output } =
      this.#full;
    const counts = { slots, fftLength, hopLength, frames: patchSize[0], frequencies: patchSize[1], width, slotLayers };
    for (const [name, value] of Object.entries(counts)) {
      checkCount(`AudioSlots: ${name}`, value);
    }
    check(
      fftLength % (2 * patchSize[1]) === 0,
      () => `AudioSlots: patches of ${patchSize[1]} do not divide the ${fftLength / 2} frequencies`,
    );
    check(
      hopLength <= fftLength / 2,
      () => `AudioSlots: frames of ${fftLength} samples every ${hopLength} overlap by less than half`,
    );
    check(
      width % 4 === 0,
      () => `AudioSlots: positions in time and frequency need a width that 4 divides, got ${width}`,
    );
    const patch = patchSize[0] * patchSize[1];
    const layer = {
      dimFeedforward: 4 * width,
      dropout,
      activation: 'gelu',
      batchFirst: true,
      normFirst: true,
      generator,
    };
    this.embedding = new Linear(patch, width, { generator });
    this.encoder = new ModuleList(
      Array.from({ length: encoderLayers }, () => new TransformerEncoderLayer(width, heads, layer)),
    );
    this.norm = new LayerNorm(width);
    this.queries = new Parameter(normalTensor([slots, width], 0, 1, generator));
    this.slots = new ModuleList(
      Array.from({ length: slotLayers }, () => new TransformerDecoderLayer(width, heads, layer)),
    );
    this.slotNorm = new LayerNorm(width);
    this.decoder = new ModuleList(
      Array.from({ length: decoderLayers }, () => new Conv2d(width, width, { kernelSize: 3, padding: 1, generator })),
    );
    // shares do not change when those of all slots grow alike
    this.output = new Linear(width, patch, { bias: output === 'spectrogram', generator });
  }

  get sampleRate(): number {
    return this.#full.sampleRate;
  }

  get numSources(): number {
    return this.#full.slots;
  }

  /** A mixture, float32 [N, time] of any length, to its sources [N, slots, time]. @throws InvalidArgumentError for another shape */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.outputs(x).sources);
  }

  /**
   * {@link forward} with what it goes through.
   *
   * @param queries what slots begin as, [slots, width], in any order and number. Default: the learned ones
   */
  outputs(x: tf.Tensor, queries: tf.Tensor = this.queries.value): AudioSlotsOutputs {
    check(
      x.rank === 2 && x.shape[1]! > 0,
      () => `AudioSlots takes sound of one channel, [N, time], got shape [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const spectrogram = this.spectrogram(x);
      const mixture = this.compress(spectrogram);
      const embeddings = this.encode(mixture, queries);
      const magnitudes = this.decode(embeddings, mixture);
      return { embeddings, magnitudes, sources: this.#sounds(spectrogram, magnitudes, x.shape[1]!) };
    });
  }

  /** Sound [N, time] to its spectrogram [N, frames, frequencies, 2], without the highest frequency. */
  spectrogram(x: tf.Tensor): tf.Tensor {
    const { fftLength, hopLength } = this.#full;
    const length = x.shape[1]!;
    return scope(() => {
      const whole = tf.pad(x, [
        [0, 0],
        [0, Math.ceil(length / hopLength) * hopLength - length],
      ]);
      const all = functional.stft(whole, { ...this.#transform(), padMode: 'constant' });
      return tf.slice(all, [0, 0, 0, 0], [-1, -1, fftLength / 2, -1]);
    });
  }

  /** Spectrogram [..., 2] to compressed magnitudes [...]. */
  compress(spectrogram: tf.Tensor): tf.Tensor {
    // a power has no slope at zero
    return scope(() => tf.pow(tf.add(tf.sum(tf.square(spectrogram), -1), 1e-8), this.#full.compression / 2));
  }

  /** Compressed magnitudes [N, frames, frequencies] to slots [N, slots, width]. */
  encode(magnitudes: tf.Tensor, queries: tf.Tensor = this.queries.value): tf.Tensor {
    const [batch] = magnitudes.shape as [number];
    return scope(() => {
      const { tokens, rows, columns } = this.#patches(magnitudes);
      let memory = tf.add(this.embedding.forward(tokens), this.#positions(rows, columns));
      for (const layer of this.encoder) memory = layer.forward(memory);
      memory = this.norm.forward(memory);
      let slots: tf.Tensor = tf.tile(tf.expandDims(queries, 0), [batch, 1, 1]);
      for (const layer of this.slots) slots = layer.forward(slots, memory);
      return this.slotNorm.forward(slots);
    });
  }

  /**
   * Slots [N, slots, width] to compressed magnitudes [N, slots, frames, frequencies]. Each slot is laid out over the whole spectrogram, where
   * positions tell its places apart, and drawn for itself.
   *
   * @param mixture compressed magnitudes [N, frames, frequencies], of which masks are shares
   */
  decode(slots: tf.Tensor, mixture: tf.Tensor): tf.Tensor {
    const [batch, count, width] = slots.shape as [number, number, number];
    const [, frames, frequencies] = mixture.shape as [number, number, number];
    const [height, breadth] = this.#full.patchSize;
    return scope(() => {
      const [rows, columns] = [Math.ceil(frames / height), frequencies / breadth];
      const places = tf.reshape(this.#positions(rows, columns), [1, rows, columns, width]);
      let x: tf.Tensor = tf.add(tf.reshape(slots, [batch * count, 1, 1, width]), places);
      for (const conv of this.decoder) x = functional.gelu(conv.forward(x));
      const pixels = tf.reshape(this.output.forward(x), [batch * count, rows, columns, height, breadth]);
      const whole = tf.reshape(tf.transpose(pixels, [0, 1, 3, 2, 4]), [batch, count, rows * height, frequencies]);
      const drawn = tf.slice(whole, [0, 0, 0, 0], [-1, -1, frames, -1]);
      if (this.#full.output === 'spectrogram') return tf.softplus(drawn);
      const shares = functional.softmax(drawn, 1);
      return tf.mul(tf.expandDims(mixture, 1), shares);
    });
  }

  /** Patches as tokens [N, rows · columns, values]; frames are filled up with silence. */
  #patches(magnitudes: tf.Tensor): { tokens: tf.Tensor; rows: number; columns: number } {
    const [batch, frames, frequencies] = magnitudes.shape as [number, number, number];
    const [height, breadth] = this.#full.patchSize;
    const [rows, columns] = [Math.ceil(frames / height), frequencies / breadth];
    const padded = tf.pad(magnitudes, [
      [0, 0],
      [0, rows * height - frames],
      [0, 0],
    ]);
    const cut = tf.transpose(tf.reshape(padded, [batch, rows, height, columns, breadth]), [0, 1, 3, 2, 4]);
    return { tokens: tf.reshape(cut, [batch, rows * columns, height * breadth]), rows, columns };
  }

  /** Sinusoids of the time in one half, of the frequency in the other: [rows · columns, width]. */
  #positions(rows: number, columns: number): tf.Tensor {
    const half = this.#full.width / 2;
    return scope(() => {
      const table = (count: number): tf.Tensor => functional.sinusoidalTable(count, half, { base: 1000 });
      const times = tf.tile(tf.expandDims(table(rows), 1), [1, columns, 1]);
      const frequencies = tf.tile(tf.expandDims(table(columns), 0), [rows, 1, 1]);
      return tf.reshape(tf.concat([times, frequencies], 2), [rows * columns, 2 * half]);
    });
  }

  /** The mixture's spectrogram [N, frames, frequencies, 2] scaled to the magnitudes of each source, as sound [N, slots, length]. */
  #sounds(spectrogram: tf.Tensor, magnitudes: tf.Tensor, length: number): tf.Tensor {
    const { hopLength, compression } = this.#full;
    const [batch, slots, frames, frequencies] = magnitudes.shape as [number, number, number, number];
    const loudness = tf.sqrt(tf.add(tf.sum(tf.square(spectrogram), -1, true), 1e-8));
    const phase = tf.expandDims(tf.div(spectrogram, loudness), 1);
    const wanted = tf.mul(phase, tf.expandDims(tf.pow(magnitudes, 1 / compression), 4));
    const rows = tf.pad(tf.reshape(wanted, [batch * slots, frames, frequencies, 2]), [
      [0, 0],
      [0, 0],
      [0, 1],
      [0, 0],
    ]);
    const sound = functional.istft(rows, { ...this.#transform(), length: hopLength * (frames - 1) });
    return tf.reshape(tf.slice(sound, [0, 0], [-1, length]), [batch, slots, length]);
  }

  #transform() {
    const { fftLength, hopLength } = this.#full;
    return { nFft: fftLength, hopLength, window: tf.sqrt(functional.hannWindow(fftLength)) };
  }

  /** Loads a checkpoint of this library: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<AudioSlots> {
    return loadPretrained(source, audioSlotsFamilies, options);
  }
}

const modelType = 'hourglass-audio-slots';

/** Kinds of checkpoint that {@link AudioSlots.fromPretrained} reads. */
export const audioSlotsFamilies: ReadonlyArray<ModelFamily<AudioSlots>> = [
  ownFamily(modelType, (config: AudioSlotsConfig) => new AudioSlots(config)),
];
