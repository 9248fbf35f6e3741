import * as tf from '@tensorflow/tfjs-core';
import { Module, Parameter, scope, uniformTensor, type Generator } from '@hourglass/core';
import {
  FeatureEncoder,
  FeatureProjection,
  frameLengths,
  frameMask,
  hasMaskVector,
  PositionalConvolution,
  SinusoidalPlaces,
  maskStates,
} from '../../../layers/speech/index.js';
import type { SpeechT5Settings } from './config.js';

/** Samples to states: convolutions, spans hidden in training, and places by a convolution and by sinusoids. */
export class SpeechEncoderPrenet extends Module {
  readonly feature_encoder: FeatureEncoder;
  readonly feature_projection: FeatureProjection;
  /** In place of hidden frames; null where the configuration hides none. */
  readonly masked_spec_embed: Parameter | null;
  readonly pos_conv_embed: PositionalConvolution;
  readonly pos_sinusoidal_embed: SinusoidalPlaces;
  readonly #settings: SpeechT5Settings;
  readonly #generator: Generator | undefined;

  constructor(settings: SpeechT5Settings, generator?: Generator) {
    super();
    const { hidden_size, pad_token_id, conv_dim } = settings;
    this.feature_encoder = new FeatureEncoder(settings, generator);
    this.feature_projection = new FeatureProjection(conv_dim.at(-1)!, hidden_size, {
      eps: settings.layer_norm_eps,
      dropout: settings.feat_proj_dropout,
      generator,
    });
    this.masked_spec_embed = hasMaskVector(settings)
      ? new Parameter(uniformTensor([hidden_size], 0, 1, generator))
      : null;
    this.pos_conv_embed = new PositionalConvolution(
      hidden_size,
      settings.num_conv_pos_embeddings,
      settings.num_conv_pos_embedding_groups,
      { activation: settings.feat_extract_activation, generator },
    );
    const places = settings.max_speech_positions + pad_token_id + 1;
    this.pos_sinusoidal_embed = new SinusoidalPlaces(places, hidden_size, pad_token_id);
    this.#settings = settings;
    this.#generator = generator;
  }

  /**
   * @param x float32 [N, samples]
   * @param lengths how many samples of each sound count; null for all
   * @param hidden bool [N, frames]: frames to hide, instead of drawn ones
   * @returns states [N, frames, hidden_size], and which frames count, [N, frames] or null for all
   * @throws InvalidArgumentError for shapes and lengths that do not fit
   */
  forward(
    x: tf.Tensor,
    lengths: readonly number[] | null = null,
    hidden: tf.Tensor | null = null,
  ): { readonly states: tf.Tensor; readonly mask: tf.Tensor | null } {
    return scope(() => {
      const found = this.feature_encoder.forward(x);
      const [n, frames] = found.shape as [number, number];
      const ends = lengths === null ? null : frameLengths(this.feature_encoder, lengths, n, x.shape[1]!);
      const mask = ends === null ? null : frameMask(ends, frames);
      const projected = maskStates(this.feature_projection.forward(found).hidden, this.#settings, {
        training: this.training,
        vector: this.masked_spec_embed,
        time: hidden,
        lengths: ends,
        generator: this.#generator,
      });
      const placed = tf.add(projected, this.pos_conv_embed.forward(projected));
      // the reference gives padding the id 1 and the rest 0, whatever id stands for padding
      const ids = mask === null ? tf.zeros([n, frames], 'int32') : tf.cast(tf.sub(1, mask), 'int32');
      return { states: tf.add(placed, this.pos_sinusoidal_embed.forward(ids)), mask };
    });
  }
}
