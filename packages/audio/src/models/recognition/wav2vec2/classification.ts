import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  initialiseNormal,
  Linear,
  loadPretrained,
  Parameter,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import { frameMask } from '../../../layers/speech/index.js';
import type { SpeechConfig } from './config.js';
import { headFamily } from './families.js';
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

export interface SpeechClassifierOutputs extends SpeechStates {
  /** float32 [N, num_labels], before the softmax. */
  readonly logits: tf.Tensor;
}

/** A class for each sound (a keyword, a speaker, an emotion) from the average of an encoder's frames. */
abstract class SpeechForSequenceClassification extends SpeechHeadModel {
  /** [layers + 1], whose softmax weighs the layers; null where only the last counts. */
  readonly layer_weights: Parameter | null;
  readonly projector: Linear;
  readonly classifier: Linear;

  /** @throws InvalidArgumentError for a configuration with an adapter */
  constructor(config: SpeechConfig, encoder: SpeechModel, generator?: Generator) {
    super(config, encoder);
    const { settings } = encoder;
    check(!settings.add_adapter, 'models that classify sounds have no adapter: set add_adapter to false');
    const { hidden_size, classifier_proj_size, num_labels, num_hidden_layers, use_weighted_layer_sum } = settings;
    const states = num_hidden_layers + 1;
    this.layer_weights = use_weighted_layer_sum ? new Parameter(tf.fill([states], 1 / states)) : null;
    this.projector = new Linear(hidden_size, classifier_proj_size, { generator });
    this.classifier = new Linear(classifier_proj_size, num_labels, { generator });
    initialiseNormal(this.projector, settings.initializer_range, generator);
    initialiseNormal(this.classifier, settings.initializer_range, generator);
  }

  /** @param x float32 [N, samples] @throws InvalidArgumentError as the encoder does */
  forward(x: tf.Tensor, call: SpeechCall = {}): SpeechClassifierOutputs {
    return scope(() => {
      const states = this.encoder.forward(x, call);
      const projected = this.projector.forward(this.#summed(states));
      return { ...states, logits: this.classifier.forward(this.#average(projected, call.lengths ?? null)) };
    });
  }

  #summed({ lastHiddenState, hiddenStates }: SpeechStates): tf.Tensor {
    if (this.layer_weights === null) return lastHiddenState;
    const weights = tf.unstack(tf.softmax(this.layer_weights.value));
    return hiddenStates.map((state, layer) => tf.mul(state, weights[layer]!)).reduce((a, b) => tf.add(a, b));
  }

  #average(frames: tf.Tensor, samples: readonly number[] | null): tf.Tensor {
    if (samples === null) return tf.mean(frames, 1);
    const ends = samples.map((count) => this.encoder.frames(count));
    const kept = tf.expandDims(frameMask(ends, frames.shape[1]!), -1);
    return tf.div(tf.sum(tf.mul(frames, kept), 1), tf.tensor2d(ends, [ends.length, 1]));
  }
}

/** wav2vec 2.0 that classifies sounds, as SUPERB does (Yang et al. 2021, arXiv:2105.01051). */
export class Wav2Vec2ForSequenceClassification extends SpeechForSequenceClassification {
  protected override readonly modelType = 'wav2vec2';
  protected override readonly architecture = 'Wav2Vec2ForSequenceClassification';
  readonly wav2vec2: Wav2Vec2Model;

  constructor(config: SpeechConfig = {}, generator?: Generator) {
    const encoder = new Wav2Vec2Model(config, generator);
    super(config, encoder, generator);
    this.wav2vec2 = encoder;
  }

  /** Loads a checkpoint in transformers' layout: a folder, URL or hub id. @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Wav2Vec2ForSequenceClassification> {
    return loadPretrained(source, wav2vec2ClassificationFamilies, options);
  }
}

/** HuBERT that classifies sounds. */
export class HubertForSequenceClassification extends SpeechForSequenceClassification {
  protected override readonly modelType = 'hubert';
  protected override readonly architecture = 'HubertForSequenceClassification';
  readonly hubert: HubertModel;

  constructor(config: SpeechConfig = {}, generator?: Generator) {
    const encoder = new HubertModel(config, generator);
    super(config, encoder, generator);
    this.hubert = encoder;
  }

  /** As {@link Wav2Vec2ForSequenceClassification.fromPretrained}. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<HubertForSequenceClassification> {
    return loadPretrained(source, hubertClassificationFamilies, options);
  }
}

/** WavLM that classifies sounds. */
export class WavLMForSequenceClassification extends SpeechForSequenceClassification {
  protected override readonly modelType = 'wavlm';
  protected override readonly architecture = 'WavLMForSequenceClassification';
  readonly wavlm: WavLMModel;

  constructor(config: SpeechConfig = {}, generator?: Generator) {
    const encoder = new WavLMModel(config, generator);
    super(config, encoder, generator);
    this.wavlm = encoder;
  }

  /** As {@link Wav2Vec2ForSequenceClassification.fromPretrained}. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<WavLMForSequenceClassification> {
    return loadPretrained(source, wavlmClassificationFamilies, options);
  }
}

export const wavlmClassificationFamilies: ReadonlyArray<ModelFamily<WavLMForSequenceClassification>> = [
  headFamily('wavlm', (config) => new WavLMForSequenceClassification(config)),
];

/** wav2vec 2.0 with Conformer layers that classifies sounds. */
export class Wav2Vec2ConformerForSequenceClassification extends SpeechForSequenceClassification {
  protected override readonly modelType = conformerType;
  protected override readonly architecture = 'Wav2Vec2ConformerForSequenceClassification';
  readonly wav2vec2_conformer: Wav2Vec2ConformerModel;

  constructor(config: SpeechConfig = {}, generator?: Generator) {
    const encoder = new Wav2Vec2ConformerModel(config, generator);
    super(config, encoder, generator);
    this.wav2vec2_conformer = encoder;
  }

  /** As {@link Wav2Vec2ForSequenceClassification.fromPretrained}. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<Wav2Vec2ConformerForSequenceClassification> {
    return loadPretrained(source, wav2vec2ConformerClassificationFamilies, options);
  }
}

export const wav2vec2ConformerClassificationFamilies: ReadonlyArray<
  ModelFamily<Wav2Vec2ConformerForSequenceClassification>
> = [headFamily(conformerType, (config) => new Wav2Vec2ConformerForSequenceClassification(config))];

export const wav2vec2ClassificationFamilies: ReadonlyArray<ModelFamily<Wav2Vec2ForSequenceClassification>> = [
  headFamily('wav2vec2', (config) => new Wav2Vec2ForSequenceClassification(config)),
];

export const hubertClassificationFamilies: ReadonlyArray<ModelFamily<HubertForSequenceClassification>> = [
  headFamily('hubert', (config) => new HubertForSequenceClassification(config)),
];
