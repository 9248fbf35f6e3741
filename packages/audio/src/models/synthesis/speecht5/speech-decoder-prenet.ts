import * as tf from '@tensorflow/tfjs-core';
import {
  bernoulliTensor,
  check,
  defaultGenerator,
  functional,
  initialiseNormal,
  Linear,
  Module,
  ModuleList,
  scope,
  type Generator,
} from '@hourglass/core';
import type { SpeechT5Settings } from './config.js';
import { ScaledPositions } from './positions.js';

/**
 * Frames of a spectrogram, and who speaks, to the decoder's states.
 *
 * Its dropout is on in evaluation too, which keeps speech from getting stuck (Shen et al. 2018, arXiv:1712.05884), and is the same for the
 * whole batch. As in the reference a unit is KEPT with the configured probability p and scaled by 1 / (1 - p), which is dropout for the
 * usual p = 0.5 alone; with p = 0 all units are 0.
 */
export class SpeechDecoderPrenet extends Module {
  readonly layers: ModuleList<Linear>;
  readonly final_layer: Linear;
  readonly encode_positions: ScaledPositions;
  readonly speaker_embeds_layer: Linear;
  readonly #settings: SpeechT5Settings;
  readonly #generator: Generator | undefined;

  constructor(settings: SpeechT5Settings, generator?: Generator) {
    super();
    const { speech_decoder_prenet_units: units, num_mel_bins, hidden_size, speaker_embedding_dim } = settings;
    this.layers = new ModuleList(
      Array.from(
        { length: settings.speech_decoder_prenet_layers },
        (_, i) => new Linear(i === 0 ? num_mel_bins : units, units, { generator }),
      ),
    );
    this.final_layer = new Linear(units, hidden_size, { generator });
    this.encode_positions = new ScaledPositions(
      settings.max_speech_positions,
      hidden_size,
      settings.positional_dropout,
      generator,
    );
    this.speaker_embeds_layer = new Linear(speaker_embedding_dim + hidden_size, hidden_size, { generator });
    initialiseNormal(this, settings.initializer_range, generator);
    this.#settings = settings;
    this.#generator = generator;
  }

  /**
   * @param x float32 [N, L, num_mel_bins], the first at place `offset`
   * @param speakers float32 [N, speaker_embedding_dim]; null for no one in particular
   * @returns float32 [N, L, hidden_size]
   * @throws InvalidArgumentError for shapes that do not fit
   */
  forward(x: tf.Tensor, speakers: tf.Tensor | null = null, offset = 0): tf.Tensor {
    const { num_mel_bins, speaker_embedding_dim, hidden_size } = this.#settings;
    check(
      x.rank === 3 && x.shape[2] === num_mel_bins,
      () => `SpeechT5's speech decoder takes frames [batch, length, ${num_mel_bins}], got [${x.shape.join(', ')}]`,
    );
    check(
      speakers === null || (speakers.rank === 2 && speakers.shape[1] === speaker_embedding_dim),
      () => `speakers must be [batch, ${speaker_embedding_dim}], got [${speakers!.shape.join(', ')}]`,
    );
    return scope(() => {
      let y = x;
      for (const layer of this.layers) y = this.#drop(layer.forward(y, 'relu'));
      y = this.encode_positions.forward(this.final_layer.forward(y), offset);
      if (speakers === null) return y;
      const [n, length] = y.shape as [number, number];
      check(
        speakers.shape[0] === n || speakers.shape[0] === 1,
        () => `${n} sequences need 1 or ${n} speakers, got ${speakers.shape[0]}`,
      );
      const unit = tf.expandDims(functional.normalize(speakers, { dim: 1 }), 1);
      const told = tf.broadcastTo(unit, [n, length, speaker_embedding_dim]);
      return this.speaker_embeds_layer.forward(
        tf.reshape(tf.concat([y, told], -1), [n, length, hidden_size + speaker_embedding_dim]),
        'relu',
      );
    });
  }

  #drop(x: tf.Tensor): tf.Tensor {
    const p = this.#settings.speech_decoder_prenet_dropout;
    const generator = this.#generator ?? defaultGenerator();
    const kept = bernoulliTensor([1, x.shape[1]!, x.shape[2]!], p, generator);
    return tf.mul(x, tf.div(kept, 1 - p));
  }
}
