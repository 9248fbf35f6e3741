/**
 * Hybrid Demucs: two U-Nets, one over the waveform and one over the spectrogram, that share their innermost layers; their results are added.
 * "Hybrid Spectrogram and Waveform Source Separation", Défossez 2021, arXiv:2111.03600. Parameters as in torchaudio's `HDemucs` (MIT).
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  loadPretrained,
  ModuleList,
  ownFamily,
  referenceFamily,
  scope,
  UnsupportedError,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { standardise, type Standardised } from '../../../layers/index.js';
import type { Separator } from '../separator.js';
import { hdemucsOptions, withDefaults, type FullHDemucsConfig, type HDemucsConfig } from './config.js';
import { HDecLayer, HEncLayer, type LayerOptions } from './layers.js';
import { planLayers } from './plan.js';
import { rescaleConvolutions } from './rescale.js';
import { ScaledEmbedding } from './scaled-embedding.js';
import { signalOf, spectrumOf } from './spectrum.js';

/** Separates a mixture, music for one, into its sources. */
export class HDemucs extends ConfiguredModel<HDemucsConfig> implements Separator {
  protected override readonly modelType = modelType;
  override readonly config: HDemucsConfig;
  readonly freq_encoder = new ModuleList<HEncLayer>();
  readonly freq_decoder: ModuleList<HDecLayer>;
  readonly time_encoder = new ModuleList<HEncLayer>();
  readonly time_decoder: ModuleList<HDecLayer>;
  readonly freq_emb: ScaledEmbedding | null;
  readonly #full: FullHDemucsConfig;

  /** @throws InvalidArgumentError for sizes that do not fit each other */
  constructor(config: HDemucsConfig, generator?: Generator) {
    super();
    this.config = config;
    this.#full = withDefaults(config);
    const { sources, audioChannels, channels, freqEmb, embScale, embSmooth } = this.#full;
    const plan = planLayers(this.#full);
    const decoders: { freq: HDecLayer[]; time: HDecLayer[] } = { freq: [], time: [] };
    const widths = layerWidths(this.#full);
    widths.forEach(([width, next], index) => {
      const { first, second, dconv } = this.#layerOptions(index, generator);
      const last = index === 0;
      const [soundIn, soundOut] = last ? [audioChannels, audioChannels * sources.length] : [width, width];
      // a spectrogram has real and imaginary parts
      const parts = last ? 2 : 1;
      const freq = plan.freq[index]!;
      this.freq_encoder.push(new HEncLayer(parts * soundIn, next, freq, first, dconv));
      decoders.freq.unshift(new HDecLayer(next, parts * soundOut, freq, second, last));
      const time = plan.time[index];
      if (time === undefined) return;
      const empty = time.joins;
      this.time_encoder.push(new HEncLayer(soundIn, next, time, { ...first, empty }, dconv));
      decoders.time.unshift(new HDecLayer(next, soundOut, time, { ...second, empty }, last));
    });
    this.freq_decoder = new ModuleList(decoders.freq);
    this.time_decoder = new ModuleList(decoders.time);
    this.freq_emb = freqEmb === 0 ? null : new ScaledEmbedding(plan.embedded, channels, embScale, embSmooth, generator);
    rescaleConvolutions(this);
  }

  get sourceNames(): readonly string[] {
    return this.config.sources;
  }

  get numSources(): number {
    return this.config.sources.length;
  }

  get audioChannels(): number {
    return this.#full.audioChannels;
  }

  get sampleRate(): number | null {
    return this.config.sampleRate ?? null;
  }

  /**
   * @param x float32 [N, time, audioChannels], of any length; longer sound takes memory, see `separateWaveform`
   * @returns float32 [N, sources, time, audioChannels]
   * @throws InvalidArgumentError for another shape
   */
  forward(x: tf.Tensor): tf.Tensor {
    const { audioChannels, nfft, sources } = this.#full;
    check(
      x.rank === 3 && x.shape[2] === audioChannels && x.shape[1]! > 0,
      () => `HDemucs takes sound [N, time, ${audioChannels}], got shape [${x.shape.join(', ')}]`,
    );
    const [batch, length] = x.shape as [number, number, number];
    return scope(() => {
      const spectrum = standardise(spectrumOf(x, nfft));
      const sound = standardise(x);
      const [outer, inner] = this.#unet(spectrum.x, sound.x);
      const whole = signalOf(undo(outer, spectrum), nfft, length);
      const sum = tf.add(whole, undo(inner, sound));
      return tf.transpose(tf.reshape(sum, [batch, length, sources.length, audioChannels]), [0, 2, 1, 3]);
    });
  }

  /** Spectrogram [N, frequencies, frames, 2 channels] and sound [N, time, channels] to those of all sources. */
  #unet(spectrum: tf.Tensor, sound: tf.Tensor): [spectrum: tf.Tensor, sound: tf.Tensor] {
    const saved: Skip[] = [];
    const savedTime: Skip[] = [];
    let [x, xt] = [spectrum, sound];
    [...this.freq_encoder].forEach((encoder, index) => {
      // layers over time come after the one where all frequencies have become one
      const length = x.shape.at(-2)!;
      let inject: tf.Tensor | null = null;
      if (index < this.time_encoder.length) {
        const timeEncoder = this.time_encoder.at(index);
        const timeLength = xt.shape[1]!;
        xt = timeEncoder.forward(xt);
        savedTime.push({ x: timeEncoder.empty ? null : xt, length: timeLength });
        if (timeEncoder.empty) inject = xt;
      }
      x = encoder.forward(x, inject);
      if (index === 0 && this.freq_emb !== null) x = this.#embed(x, this.freq_emb);
      saved.push({ x, length });
    });

    // everything goes through the skips: the innermost input is zero
    x = tf.zerosLike(x);
    const offset = this.freq_decoder.length - this.time_decoder.length;
    [...this.freq_decoder].forEach((decoder, index) => {
      const skip = saved.pop()!;
      const decoded = decoder.forward(x, skip.x, skip.length);
      x = decoded.x;
      if (index < offset) return;
      const timeDecoder = this.time_decoder.at(index - offset);
      const { x: timeSkip, length } = savedTime.pop()!;
      const from = timeDecoder.empty ? tf.squeeze(decoded.before, [1]) : xt;
      xt = timeDecoder.forward(from, timeSkip, length).x;
    });
    return [x, xt];
  }

  /** x [N, frequencies, frames, channels] with a vector for each frequency: convolutions do not know where they are. */
  #embed(x: tf.Tensor, embedding: ScaledEmbedding): tf.Tensor {
    const vectors = tf.mul(embedding.forward(x.shape[1]!), this.#full.freqEmb);
    return tf.add(x, tf.expandDims(vectors, 1));
  }

  #layerOptions(index: number, generator?: Generator) {
    const full = this.#full;
    const normGroups = index >= full.normStarts ? full.normGroups : null;
    const shared: Omit<LayerOptions, 'context'> = { normGroups, empty: false, generator };
    return {
      first: { ...shared, context: full.contextEnc },
      second: { ...shared, context: full.context },
      dconv: {
        lstm: index >= full.dconvLstm,
        attn: index >= full.dconvAttn,
        depth: full.dconvDepth,
        compress: full.dconvComp,
        init: full.dconvInit,
        generator,
      },
    };
  }

  /** Loads a checkpoint of this library or of torchaudio: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<HDemucs> {
    return loadPretrained(source, hdemucsFamilies, options);
  }
}

/** What an encoder layer returned, and how many steps or frames came in. */
interface Skip {
  readonly x: tf.Tensor | null;
  readonly length: number;
}

/** Channels that come into each layer, and that come out. */
function layerWidths({ channels, growth, depth }: FullHDemucsConfig): Array<[number, number]> {
  const widths: Array<[number, number]> = [];
  let width = channels;
  for (let index = 0; index < depth; index++) {
    widths.push([widths.at(-1)?.[1] ?? 0, width]);
    width = Math.trunc(growth * width);
  }
  return widths;
}

const undo = (y: tf.Tensor, { mean, std }: Standardised): tf.Tensor => tf.add(tf.mul(y, std), mean);

const modelType = 'hourglass-hdemucs';

/** torchaudio's short cuts, for sound of about 8, 16 to 32, and 44.1 to 48 kHz. */
export const hdemucsPresets = {
  low: { nfft: 1024, depth: 5 },
  medium: { nfft: 2048, depth: 6 },
  high: { nfft: 4096, depth: 6 },
} as const satisfies Record<string, Partial<HDemucsConfig>>;

/** Kinds of checkpoint that {@link HDemucs.fromPretrained} reads. */
export const hdemucsFamilies: ReadonlyArray<ModelFamily<HDemucs>> = [
  ownFamily(modelType, (config: HDemucsConfig) => new HDemucs(config)),
  referenceFamily('torchaudio', 'torchaudio.models.HDemucs(', (args) => fromArguments(args)),
  ...Object.entries(hdemucsPresets).map(([name, preset]) =>
    referenceFamily('torchaudio', `torchaudio.models.hdemucs_${name}(`, (args) =>
      fromArguments({ ...preset, ...args }),
    ),
  ),
];

function fromArguments(args: Readonly<Record<string, unknown>>): HDemucs {
  const unknown = Object.keys(args).find((name) => !hdemucsOptions.includes(name));
  if (unknown !== undefined) throw new UnsupportedError(`HDemucs has no option '${unknown}' here`);
  // None there is no embedding
  return new HDemucs({ ...(args as unknown as HDemucsConfig), ...(args['freqEmb'] === null && { freqEmb: 0 }) });
}
