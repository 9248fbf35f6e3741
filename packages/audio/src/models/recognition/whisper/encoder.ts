import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Conv1d,
  Dropout,
  Embedding,
  functional,
  LayerNorm,
  Module,
  ModuleList,
  scope,
  Seq2SeqEncoderLayer,
  type Generator,
} from '@hourglass/core';
import { LayerDrop, maskStates } from '../../../layers/speech/index.js';
import type { WhisperSettings } from './config.js';

/** Options of both halves' layers. */
export function layerOptions(settings: WhisperSettings, ffnDim: number, generator?: Generator) {
  return {
    ffnDim,
    dropout: settings.dropout,
    attentionDropout: settings.attention_dropout,
    activationDropout: settings.activation_dropout,
    activation: settings.activation_function,
    normFirst: true,
    // a bias of keys would add the same to all scores of a query
    attentionBias: { key: false },
    generator,
  };
}

/** Log-mel frames to states, half as many: two convolutions and a Transformer. */
export class WhisperEncoder extends Module {
  readonly conv1: Conv1d;
  readonly conv2: Conv1d;
  /** Sinusoids, which are not trained. */
  readonly embed_positions: Embedding;
  readonly layers: ModuleList<Seq2SeqEncoderLayer>;
  readonly layer_norm: LayerNorm;
  readonly dropout: Dropout;
  readonly #settings: WhisperSettings;
  readonly #generator: Generator | undefined;
  readonly #drop: LayerDrop;

  constructor(settings: WhisperSettings, generator?: Generator) {
    super();
    const { num_mel_bins, d_model, max_source_positions, encoder_layers, encoder_attention_heads } = settings;
    this.conv1 = new Conv1d(num_mel_bins, d_model, { kernelSize: 3, padding: 1, generator });
    this.conv2 = new Conv1d(d_model, d_model, { kernelSize: 3, stride: 2, padding: 1, generator });
    this.embed_positions = new Embedding(max_source_positions, d_model, { generator });
    this.embed_positions.weight.requiresGrad = false;
    const options = layerOptions(settings, settings.encoder_ffn_dim, generator);
    this.layers = new ModuleList(
      Array.from({ length: encoder_layers }, () => new Seq2SeqEncoderLayer(d_model, encoder_attention_heads, options)),
    );
    this.layer_norm = new LayerNorm(d_model);
    this.dropout = new Dropout(settings.dropout, { generator });
    this.#settings = settings;
    this.#generator = generator;
    this.#drop = new LayerDrop(settings.encoder_layerdrop, generator);
  }

  /** Frames that it takes. */
  get frames(): number {
    return 2 * this.#settings.max_source_positions;
  }

  /**
   * @param features float32 [N, frames, mel bands], padded or cut to {@link frames}
   * @returns what each layer was given, and last the result, [N, frames / 2, d_model] each
   * @throws InvalidArgumentError for another shape
   */
  forward(features: tf.Tensor): tf.Tensor[] {
    const { num_mel_bins } = this.#settings;
    check(
      features.rank === 3 && features.shape[1] === this.frames && features.shape[2] === num_mel_bins,
      () =>
        `Whisper takes features [batch, ${this.frames}, ${num_mel_bins}], got [${features.shape.join(', ')}]; its feature extractor pads sound to that length`,
    );
    return scope(() => {
      const augmented = maskStates(features, this.#settings, {
        training: this.training,
        vector: null,
        generator: this.#generator,
      });
      let x = functional.gelu(this.conv1.forward(augmented));
      x = functional.gelu(this.conv2.forward(x));
      const states = [this.dropout.forward(tf.add(x, this.embed_positions.weight.value))];
      for (const layer of this.layers) {
        const last = states.at(-1)!;
        states.push(this.#drop.drops(this.training) ? tf.clone(last) : layer.forward(last));
      }
      states.push(this.layer_norm.forward(states.pop()!));
      return states;
    });
  }
}
