/**
 * wav2vec 2.0 (Baevski et al. 2020, arXiv:2006.11477), HuBERT (Hsu et al. 2021, arXiv:2106.07447) and WavLM, with the names and options of
 * transformers' models (Apache-2.0). Written anew.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {
  ConfiguredModel,
  loadPretrained,
  Parameter,
  scope,
  uniformTensor,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import {
  FeatureEncoder,
  FeatureProjection,
  frameLengths,
  frameMask,
  hasMaskVector,
  maskStates,
} from '../../../layers/speech/index.js';
import { SpeechAdapter } from './adapter.js';
import { speechSettings, type SpeechConfig, type Wav2Vec2Settings } from './config.js';
import { SpeechTransformer, type SpeechEncoder } from './encoder.js';
import { ConformerEncoder } from './conformer.js';
import { gatedAttention } from './gated-attention.js';
import { baseFamily } from './families.js';
import { torchaudioWav2Vec2 } from './torchaudio.js';

export interface SpeechCall {
  /** How many samples of each sound count; what is behind them is padding. Default all. */
  readonly lengths?: readonly number[] | null;
  /** Bool [N, frames]: these frames are hidden from the encoder. Default in training: drawn as `mask_time_prob` says (SpecAugment). */
  readonly maskTimeIndices?: tf.Tensor | null;
}

/** A model's results with those of its layers. */
export interface SpeechStates {
  /** float32 [N, frames, hidden_size], or shorter and of output_hidden_size behind an adapter. */
  readonly lastHiddenState: tf.Tensor;
  /** float32 [N, frames, conv_dim.at(-1)]: the normalised features before the encoder. */
  readonly extractFeatures: tf.Tensor;
  /** float32 [N, frames, hidden_size], the encoder's input and what each layer gave. */
  readonly hiddenStates: readonly tf.Tensor[];
}

/** What sets a model apart from wav2vec 2.0. */
export interface SpeechVariant {
  readonly defaults?: Partial<Wav2Vec2Settings>;
  /** Default a {@link SpeechTransformer} of queries and keys. */
  readonly encoder?: (settings: Wav2Vec2Settings, generator?: Generator) => SpeechEncoder;
}

/** What these models are, and the models with heads on top of them are given. */
export abstract class SpeechModel extends ConfiguredModel<SpeechConfig> {
  override readonly config: SpeechConfig;
  readonly feature_extractor: FeatureEncoder;
  readonly feature_projection: FeatureProjection;
  /** [hidden_size], in place of masked frames; null where the configuration masks nothing. */
  readonly masked_spec_embed: Parameter | null;
  readonly encoder: SpeechEncoder;
  readonly adapter: SpeechAdapter | null;
  readonly #settings: Wav2Vec2Settings;
  readonly #generator: Generator | undefined;

  /**
   * @param variant what sets a model apart from wav2vec 2.0
   * @throws InvalidArgumentError for a configuration that no model can be made with
   */
  constructor(config: SpeechConfig = {}, generator?: Generator, variant: SpeechVariant = {}) {
    super();
    const settings = speechSettings(config, variant.defaults);
    this.config = config;
    this.#settings = settings;
    this.#generator = generator;
    this.feature_extractor = new FeatureEncoder(settings, generator);
    this.feature_projection = new FeatureProjection(settings.conv_dim.at(-1)!, settings.hidden_size, {
      eps: settings.layer_norm_eps,
      dropout: settings.feat_proj_dropout,
      norm: settings.feat_proj_layer_norm,
      generator,
    });
    this.masked_spec_embed = hasMaskVector(settings)
      ? new Parameter(uniformTensor([settings.hidden_size], 0, 1, generator))
      : null;
    this.encoder = variant.encoder?.(settings, generator) ?? new SpeechTransformer(settings, generator);
    this.adapter = settings.add_adapter ? new SpeechAdapter(settings, generator) : null;
  }

  /** The configuration with defaults filled in. */
  get settings(): Wav2Vec2Settings {
    return this.#settings;
  }

  /** Frames of the encoder for so many samples. */
  frames(samples: number): number {
    return this.feature_extractor.frames(samples);
  }

  /** Frames of the result for so many samples: fewer than {@link frames} where there is an adapter. */
  outputFrames(samples: number): number {
    const { adapter_stride, num_adapter_layers } = this.#settings;
    let length = this.frames(samples);
    if (this.adapter === null) return length;
    for (let layer = 0; layer < num_adapter_layers; layer++) length = Math.floor((length - 1) / adapter_stride) + 1;
    return length;
  }

  /**
   * @param x float32 [N, samples]
   * @throws InvalidArgumentError for another shape, too few samples, or lengths that do not fit
   */
  forward(x: tf.Tensor, call: SpeechCall = {}): SpeechStates {
    const { lengths = null, maskTimeIndices = null } = call;
    return scope(() => {
      const found = this.feature_extractor.forward(x);
      const [n, frames] = found.shape as [number, number];
      const ends = lengths === null ? null : frameLengths(this.feature_extractor, lengths, n, x.shape[1]!);
      const { hidden, features } = this.feature_projection.forward(found);
      const masked = maskStates(hidden, this.#settings, {
        training: this.training,
        vector: this.masked_spec_embed,
        time: maskTimeIndices,
        lengths: ends,
        generator: this.#generator,
      });
      const states = this.encoder.forward(masked, ends === null ? null : frameMask(ends, frames));
      const last = states.at(-1)!;
      return {
        lastHiddenState: this.adapter === null ? last : this.adapter.forward(last),
        extractFeatures: features,
        hiddenStates: states,
      };
    });
  }
}

/** wav2vec 2.0 (Baevski et al. 2020, arXiv:2006.11477). */
export class Wav2Vec2Model extends SpeechModel {
  protected override readonly modelType = 'wav2vec2';
  protected override readonly architecture = 'Wav2Vec2Model';

  /**
   * Loads a checkpoint in transformers' layout, also one with a head: a folder, URL or hub id.
   *
   * @throws FileError, CheckpointError
   */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Wav2Vec2Model> {
    return loadPretrained(source, wav2vec2Families, options);
  }
}

/** HuBERT (Hsu et al. 2021, arXiv:2106.07447): the same encoder, trained to find the clusters of masked frames. */
export class HubertModel extends SpeechModel {
  protected override readonly modelType = 'hubert';
  protected override readonly architecture = 'HubertModel';

  /** As {@link Wav2Vec2Model.fromPretrained}. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<HubertModel> {
    return loadPretrained(source, hubertFamilies, options);
  }
}

/** WavLM (Chen et al. 2022, arXiv:2110.13900): attention knows how far frames are apart, and how much that matters. */
export class WavLMModel extends SpeechModel {
  protected override readonly modelType = 'wavlm';
  protected override readonly architecture = 'WavLMModel';

  constructor(config: SpeechConfig = {}, generator?: Generator) {
    super(config, generator, {
      defaults: { ctc_loss_reduction: 'mean' },
      encoder: (settings, generator) => new SpeechTransformer(settings, generator, gatedAttention(settings, generator)),
    });
  }

  /** As {@link Wav2Vec2Model.fromPretrained}. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<WavLMModel> {
    return loadPretrained(source, wavlmFamilies, options);
  }
}

/** wav2vec 2.0 with Conformer layers (fairseq S2T, Wang et al. 2020, arXiv:2010.05171). */
export class Wav2Vec2ConformerModel extends SpeechModel {
  protected override readonly modelType = conformerType;
  protected override readonly architecture = 'Wav2Vec2ConformerModel';

  constructor(config: SpeechConfig = {}, generator?: Generator) {
    super(config, generator, { encoder: (settings, generator) => new ConformerEncoder(settings, generator) });
  }

  /** As {@link Wav2Vec2Model.fromPretrained}. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Wav2Vec2ConformerModel> {
    return loadPretrained(source, wav2vec2ConformerFamilies, options);
  }
}

export const conformerType = 'wav2vec2-conformer';

export const wav2vec2ConformerFamilies: ReadonlyArray<ModelFamily<Wav2Vec2ConformerModel>> = [
  baseFamily(conformerType, 'wav2vec2_conformer', (config) => new Wav2Vec2ConformerModel(config)),
];

export const wavlmFamilies: ReadonlyArray<ModelFamily<WavLMModel>> = [
  baseFamily('wavlm', 'wavlm', (config) => new WavLMModel(config)),
];

export const wav2vec2Families: ReadonlyArray<ModelFamily<Wav2Vec2Model>> = [
  baseFamily('wav2vec2', 'wav2vec2', (config) => new Wav2Vec2Model(config)),
  torchaudioWav2Vec2('', (config) => new Wav2Vec2Model(config)),
];

export const hubertFamilies: ReadonlyArray<ModelFamily<HubertModel>> = [
  baseFamily('hubert', 'hubert', (config) => new HubertModel(config)),
];
