import * as tf from '@tensorflow/tfjs-core';
import type { SpeechT5Config } from '@hourglass/audio';
import type { Generator } from '@hourglass/core';

/*
 * A small world in which text and speech say the same: six letters, each with a sound of its own that lasts 40 samples and two frames of a
 * spectrogram, spoken by two voices; after each letter only two others may come.
 */

export const tokens = { pad: 1, end: 2, mask: 3, first: 4, letters: 6 } as const;
export const letters = 4;
const samples = 40;
const bands = 6;

export const config: SpeechT5Config = {
  vocab_size: tokens.first + tokens.letters,
  hidden_size: 32,
  encoder_layers: 1,
  encoder_attention_heads: 4,
  encoder_ffn_dim: 64,
  encoder_layerdrop: 0,
  decoder_layers: 1,
  decoder_ffn_dim: 64,
  decoder_attention_heads: 4,
  decoder_layerdrop: 0,
  positional_dropout: 0,
  hidden_dropout: 0,
  attention_dropout: 0,
  activation_dropout: 0,
  conv_dim: [16, 32],
  conv_stride: [5, 4],
  conv_kernel: [10, 4],
  num_conv_pos_embeddings: 5,
  num_conv_pos_embedding_groups: 4,
  apply_spec_augment: false,
  num_mel_bins: bands,
  speech_decoder_prenet_units: 16,
  speaker_embedding_dim: 3,
  speech_decoder_postnet_layers: 2,
  speech_decoder_postnet_units: 16,
  speech_decoder_postnet_dropout: 0,
  max_speech_positions: 40,
  max_text_positions: 20,
  encoder_max_relative_position: 10,
  initializer_range: 0.1,
  guided_attention_loss_scale: 2,
};

/** What is said by whom. */
export interface Utterances {
  readonly texts: number[][];
  readonly voices: number[];
}

/** Texts in which after each letter one of two may come. */
export function drawUtterances(count: number, generator: Generator): Utterances {
  const texts = Array.from({ length: count }, () => {
    const text = [generator.integer(0, tokens.letters)];
    while (text.length < letters) text.push((text.at(-1)! + 1 + 2 * generator.integer(0, 2)) % tokens.letters);
    return text.map((letter) => letter + tokens.first);
  });
  return { texts, voices: texts.map(() => generator.integer(0, 2)) };
}

/** float32 [N, samples]: the sound, with some noise. */
export function sound({ texts, voices }: Utterances, generator: Generator): tf.Tensor {
  const length = letters * samples;
  const values = new Float32Array(texts.length * length);
  texts.forEach((text, n) => {
    const pitch = voices[n] === 0 ? 1 : 1.06;
    text.forEach((token, place) => {
      const letter = token - tokens.first;
      for (let t = 0; t < samples; t++) {
        const angle = (2 * Math.PI * pitch * t) / samples;
        const wave = Math.sin((2 + letter) * angle) + 0.5 * Math.sin((14 - letter) * angle);
        values[n * length + place * samples + t] = wave + generator.normal(0, 0.1);
      }
    });
  });
  return tf.tensor2d(values, [texts.length, length]);
}

/** Values of a band for a letter and a voice. */
function band(letter: number, voice: number, at: number, half: number): number {
  return Math.sin(1.7 * letter + 2.3 * at + 0.4 * half) + (voice === 0 ? 0.6 : -0.6) * Math.cos(1.1 * at);
}

/** float32 [N, 2 letters, bands] */
export function spectrogram({ texts, voices }: Utterances): tf.Tensor {
  const frames = 2 * letters;
  const values = texts.flatMap((text, n) =>
    Array.from({ length: frames * bands }, (_, i) => {
      const frame = Math.floor(i / bands);
      return band(text[Math.floor(frame / 2)]! - tokens.first, voices[n]!, i % bands, frame % 2);
    }),
  );
  return tf.tensor3d(values, [texts.length, frames, bands]);
}

/** float32 [N, 3] */
export function speakers(voices: readonly number[]): tf.Tensor {
  return tf.tensor2d(
    voices.map((voice) => (voice === 0 ? [1, 0, 0.2] : [0, 1, 0.2])),
    [voices.length, 3],
  );
}

/** int32 [N, letters] */
export function written({ texts }: Utterances): tf.Tensor {
  return tf.tensor2d(texts, [texts.length, letters], 'int32');
}

/** int32 [N, letters + 1]: with the end. */
export function targets({ texts }: Utterances): tf.Tensor {
  return tf.tensor2d(
    texts.map((text) => [...text, tokens.end]),
    [texts.length, letters + 1],
    'int32',
  );
}
