import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Dropout,
  initialiseNormal,
  Linear,
  loadPretrained,
  losses,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { SpeechConfig } from './config.js';
import { headFamily, newHeadFamily } from './families.js';
import { torchaudioWav2Vec2 } from './torchaudio.js';
import {
  HubertModel,
  Wav2Vec2ConformerModel,
  Wav2Vec2Model,
  WavLMModel,
  conformerType,
  type SpeechCall,
  type SpeechModel,
  type SpeechStates,
} from './model.js';
import { SpeechHeadModel } from './speech-head.js';

export interface SpeechCtcOutputs extends SpeechStates {
  /** float32 [N, frames, vocab_size], before the softmax. */
  readonly logits: tf.Tensor;
}

/** A speech encoder with a score for each symbol and frame, trained by connectionist temporal classification. */
abstract class SpeechForCTC extends SpeechHeadModel {
  readonly dropout: Dropout;
  readonly lm_head: Linear;

  constructor(config: SpeechConfig, encoder: SpeechModel, generator?: Generator) {
    super(config, encoder);
    const { final_dropout, add_adapter, hidden_size, output_hidden_size, vocab_size, initializer_range } =
      encoder.settings;
    this.dropout = new Dropout(final_dropout, { generator });
    this.lm_head = new Linear(add_adapter ? output_hidden_size : hidden_size, vocab_size, { generator });
    initialiseNormal(this.lm_head, initializer_range, generator);
  }

  /** Fewest samples that make a frame. */
  get leastSamples(): number {
    return this.encoder.feature_extractor.receptiveField;
  }

  /** How many frames of logits so many samples give. */
  frames(samples: number): number {
    return this.encoder.outputFrames(samples);
  }

  /** @param x float32 [N, samples] @throws InvalidArgumentError as the encoder does */
  forward(x: tf.Tensor, call: SpeechCall = {}): SpeechCtcOutputs {
    return scope(() => {
      const states = this.encoder.forward(x, call);
      return { ...states, logits: this.lm_head.forward(this.dropout.forward(states.lastHiddenState)) };
    });
  }

  /**
   * The CTC loss of transcripts, as `ctc_loss_reduction` and `ctc_zero_infinity` say.
   *
   * @param logits float32 [N, frames, vocab_size] @param labels symbols of each transcript, never the blank, which is pad_token_id
   * @param samples how many samples of each sound count
   */
  loss(logits: tf.Tensor, labels: readonly ArrayLike<number>[], samples: readonly number[]): tf.Tensor {
    const {
      pad_token_id: blank,
      ctc_loss_reduction: reduction,
      ctc_zero_infinity: zeroInfinity,
    } = this.encoder.settings;
    check(
      labels.length === logits.shape[0] && samples.length === labels.length,
      () => `${logits.shape[0]} sounds have ${labels.length} transcripts and ${samples.length} lengths`,
    );
    return scope(() =>
      losses.ctc(
        tf.transpose(tf.logSoftmax(logits), [1, 0, 2]),
        labels.flatMap((symbols) => Array.from(symbols)),
        samples.map((count) => this.frames(count)),
        labels.map((symbols) => symbols.length),
        { blank, reduction, zeroInfinity },
      ),
    );
  }
}

/** wav2vec 2.0 that reads speech (Baevski et al. 2020, arXiv:2006.11477). */
export class Wav2Vec2ForCTC extends SpeechForCTC {
  protected override readonly modelType = 'wav2vec2';
  protected override readonly architecture = 'Wav2Vec2ForCTC';
  readonly wav2vec2: Wav2Vec2Model;

  constructor(config: SpeechConfig = {}, generator?: Generator) {
    const encoder = new Wav2Vec2Model(config, generator);
    super(config, encoder, generator);
    this.wav2vec2 = encoder;
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Wav2Vec2ForCTC> {
    return loadPretrained(source, wav2vec2CtcFamilies, options);
  }

  /**
   * The encoder of any checkpoint of wav2vec 2.0, as pre-training leaves one, with a new head.
   *
   * @param changes to the checkpoint's configuration: `vocab_size`, dropout, masking
   */
  static fromEncoder(source: string, changes: SpeechConfig, options?: OpenOptions): Promise<Wav2Vec2ForCTC> {
    const family = newHeadFamily('wav2vec2', 'wav2vec2', (config) => new Wav2Vec2ForCTC({ ...config, ...changes }));
    return loadPretrained(source, [family], options);
  }
}

/** HuBERT that reads speech (Hsu et al. 2021, arXiv:2106.07447). */
export class HubertForCTC extends SpeechForCTC {
  protected override readonly modelType = 'hubert';
  protected override readonly architecture = 'HubertForCTC';
  readonly hubert: HubertModel;

  constructor(config: SpeechConfig = {}, generator?: Generator) {
    const encoder = new HubertModel(config, generator);
    super(config, encoder, generator);
    this.hubert = encoder;
  }

  /** As {@link Wav2Vec2ForCTC.fromPretrained}. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<HubertForCTC> {
    return loadPretrained(source, hubertCtcFamilies, options);
  }

  /** As {@link Wav2Vec2ForCTC.fromEncoder}. */
  static fromEncoder(source: string, changes: SpeechConfig, options?: OpenOptions): Promise<HubertForCTC> {
    const family = newHeadFamily('hubert', 'hubert', (config) => new HubertForCTC({ ...config, ...changes }));
    return loadPretrained(source, [family], options);
  }
}

/** WavLM that reads speech. */
export class WavLMForCTC extends SpeechForCTC {
  protected override readonly modelType = 'wavlm';
  protected override readonly architecture = 'WavLMForCTC';
  readonly wavlm: WavLMModel;

  constructor(config: SpeechConfig = {}, generator?: Generator) {
    const encoder = new WavLMModel(config, generator);
    super(config, encoder, generator);
    this.wavlm = encoder;
  }

  /** As {@link Wav2Vec2ForCTC.fromPretrained}. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<WavLMForCTC> {
    return loadPretrained(source, wavlmCtcFamilies, options);
  }

  /** As {@link Wav2Vec2ForCTC.fromEncoder}. */
  static fromEncoder(source: string, changes: SpeechConfig, options?: OpenOptions): Promise<WavLMForCTC> {
    const family = newHeadFamily('wavlm', 'wavlm', (config) => new WavLMForCTC({ ...config, ...changes }));
    return loadPretrained(source, [family], options);
  }
}

export const wavlmCtcFamilies: ReadonlyArray<ModelFamily<WavLMForCTC>> = [
  headFamily('wavlm', (config) => new WavLMForCTC(config)),
];

/** wav2vec 2.0 with Conformer layers that reads speech. */
export class Wav2Vec2ConformerForCTC extends SpeechForCTC {
  protected override readonly modelType = conformerType;
  protected override readonly architecture = 'Wav2Vec2ConformerForCTC';
  readonly wav2vec2_conformer: Wav2Vec2ConformerModel;

  constructor(config: SpeechConfig = {}, generator?: Generator) {
    const encoder = new Wav2Vec2ConformerModel(config, generator);
    super(config, encoder, generator);
    this.wav2vec2_conformer = encoder;
  }

  /** As {@link Wav2Vec2ForCTC.fromPretrained}. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Wav2Vec2ConformerForCTC> {
    return loadPretrained(source, wav2vec2ConformerCtcFamilies, options);
  }

  /** As {@link Wav2Vec2ForCTC.fromEncoder}. */
  static fromEncoder(source: string, changes: SpeechConfig, options?: OpenOptions): Promise<Wav2Vec2ConformerForCTC> {
    const build = (config: SpeechConfig) => new Wav2Vec2ConformerForCTC({ ...config, ...changes });
    return loadPretrained(source, [newHeadFamily(conformerType, 'wav2vec2_conformer', build)], options);
  }
}

export const wav2vec2ConformerCtcFamilies: ReadonlyArray<ModelFamily<Wav2Vec2ConformerForCTC>> = [
  headFamily(conformerType, (config) => new Wav2Vec2ConformerForCTC(config)),
];

export const wav2vec2CtcFamilies: ReadonlyArray<ModelFamily<Wav2Vec2ForCTC>> = [
  headFamily('wav2vec2', (config) => new Wav2Vec2ForCTC(config)),
  torchaudioWav2Vec2('wav2vec2.', (config) => new Wav2Vec2ForCTC(config)),
];

export const hubertCtcFamilies: ReadonlyArray<ModelFamily<HubertForCTC>> = [
  headFamily('hubert', (config) => new HubertForCTC(config)),
];
