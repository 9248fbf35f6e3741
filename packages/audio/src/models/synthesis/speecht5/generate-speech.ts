import * as tf from '@tensorflow/tfjs-core';
import { check, DecoderCache, scope } from '@hourglass/core';
import type { SpeechDecoderPostnet } from '../postnet.js';
import type { PrenetDecoder } from './body.js';
import type { SpeechT5Settings } from './config.js';
import type { SpeechDecoderPrenet } from './speech-decoder-prenet.js';

export interface GenerateSpeechOptions {
  /** float32 [N or 1, speaker_embedding_dim]: who speaks. */
  readonly speakers?: tf.Tensor | null;
  /** Probability, summed over the frames of a step, at which speech is over. Default 0.5. */
  readonly threshold?: number;
  /** Steps at least and at most, as shares of the input's length over the reduction. Default 0 and 20. */
  readonly minLengthRatio?: number;
  readonly maxLengthRatio?: number;
  /** Return what was read when. Default false. */
  readonly needWeights?: boolean;
}

export interface GeneratedSpeech {
  /** float32 [N, frames, num_mel_bins], 0 behind an end. */
  readonly spectrogram: tf.Tensor;
  /** Frames of each. */
  readonly lengths: number[];
  /** float32 [N, layers, heads, steps, inputs]; null when not asked for. */
  readonly crossAttentions: tf.Tensor | null;
}

/**
 * Makes speech frame by frame until it says that it is over.
 *
 * @param encoded states [N, inputs, hidden_size] and mask [N, inputs] or null; taken over
 */
export async function generateSpeech(
  settings: SpeechT5Settings,
  decoder: PrenetDecoder<SpeechDecoderPrenet>,
  postnet: SpeechDecoderPostnet,
  encoded: { readonly states: tf.Tensor; readonly mask: tf.Tensor | null },
  options: GenerateSpeechOptions,
): Promise<GeneratedSpeech> {
  const { speakers = null, threshold = 0.5, minLengthRatio = 0, maxLengthRatio = 20, needWeights = false } = options;
  const { reduction_factor, num_mel_bins, decoder_layers } = settings;
  const [n, inputs] = encoded.states.shape as [number, number, number];
  const maxSteps = Math.floor((inputs * maxLengthRatio) / reduction_factor);
  const minSteps = Math.floor((inputs * minLengthRatio) / reduction_factor);
  const cache = new DecoderCache(decoder_layers);
  const frames: tf.Tensor[] = [];
  const weights: tf.Tensor[] = [];
  const steps = Array.from({ length: n }, () => 0);
  let last = tf.zeros([n, 1, num_mel_bins]);
  try {
    check(
      Number.isFinite(maxSteps),
      () => `maxLengthRatio must be a number, got ${maxLengthRatio}: speech might never end`,
    );
    for (let step = 1; steps.includes(0); step++) {
      const made = scope(() => {
        const prepared = decoder.prenet.forward(last, speakers, step - 1);
        const { hiddenStates, crossAttentions } = decoder.wrapped_decoder.forward(prepared, {
          encoderStates: encoded.states,
          encoderMask: encoded.mask,
          cache,
          needWeights,
        });
        const states = hiddenStates.at(-1)!;
        const spectrum = postnet.frames(states);
        return {
          spectrum,
          newest: tf.slice(spectrum, [0, reduction_factor - 1, 0], [n, 1, num_mel_bins]),
          ends: tf.sum(tf.sigmoid(postnet.prob_out!.forward(states)), [1, 2]),
          weights: needWeights ? tf.stack([...crossAttentions], 1) : null,
        };
      });
      last.dispose();
      last = made.newest as tf.Tensor3D;
      frames.push(made.spectrum);
      if (made.weights !== null) weights.push(made.weights);
      const ends = await made.ends.data();
      made.ends.dispose();
      if (step < minSteps) continue;
      for (let row = 0; row < n; row++)
        if (steps[row] === 0 && (step >= maxSteps || ends[row]! >= threshold)) steps[row] = step;
    }
    return scope(() => {
      const lengths = steps.map((step) => step * reduction_factor);
      const longest = Math.max(...lengths);
      const all = tf.concat(frames, 1);
      // each is refined as long as it is: convolutions would see what comes behind its end
      const rows = lengths.map((length, row) =>
        tf.pad(postnet.refine(tf.slice(all, [row, 0, 0], [1, length, num_mel_bins])), [
          [0, 0],
          [0, longest - length],
          [0, 0],
        ]),
      );
      return {
        spectrogram: tf.concat(rows, 0),
        lengths,
        crossAttentions: needWeights ? tf.concat(weights, 3) : null,
      };
    });
  } finally {
    cache.dispose();
    tf.dispose([last, ...frames, ...weights, encoded.states]);
    encoded.mask?.dispose();
  }
}
