import * as tf from '@tensorflow/tfjs-core';
import { initialiseNormal, Linear, losses, Module, scope, type Generator } from '@hourglass/core';
import { speechT5Settings, type SpeechT5Config } from './config.js';
import type { SpeechT5ForSpeechToText } from './speech-to-text.js';

/** A score for each token and frame on top of the encoder, which keeps attention in order while it learns. */
export class SpeechT5CtcHead extends Module {
  readonly linear: Linear;
  readonly #blank: number;

  /** The token of padding is the blank. */
  constructor(config: SpeechT5Config, generator?: Generator) {
    super();
    const { hidden_size, vocab_size, pad_token_id, initializer_range } = speechT5Settings(config);
    this.linear = new Linear(hidden_size, vocab_size, { generator });
    initialiseNormal(this, initializer_range, generator);
    this.#blank = pad_token_id;
  }

  /**
   * @param states float32 [N, frames, hidden] @param labels tokens of each transcript
   * @param frames how many of each count; default all
   * @returns scalar
   */
  loss(states: tf.Tensor, labels: ReadonlyArray<readonly number[]>, frames?: readonly number[]): tf.Tensor {
    return scope(() => {
      const logs = tf.transpose(tf.logSoftmax(this.linear.forward(states)), [1, 0, 2]);
      const counts = frames ?? labels.map(() => states.shape[1]!);
      const lengths = labels.map((tokens) => tokens.length);
      return losses.ctc(logs, labels.flat(), counts, lengths, { blank: this.#blank, zeroInfinity: true });
    });
  }
}

/**
 * Cross entropy of the decoder and CTC of the encoder together (Watanabe et al. 2017, IEEE JSTSP 11.8), as SpeechT5 is fine-tuned to write.
 *
 * @param x float32 [N, samples] @param labels int32 [N, L], -100 behind an end
 * @param weight of CTC. Default 0.5
 */
export function jointCtcLoss(
  model: SpeechT5ForSpeechToText,
  head: SpeechT5CtcHead,
  x: tf.Tensor,
  labels: tf.Tensor,
  transcripts: ReadonlyArray<readonly number[]>,
  weight = 0.5,
): tf.Tensor {
  return scope(() => {
    const { logits, encoderHiddenStates } = model.forward(x, model.decoderInputs(labels));
    const ctc = head.loss(encoderHiddenStates.at(-1)!, transcripts);
    return tf.add(tf.mul(model.loss(logits, labels), 1 - weight), tf.mul(ctc, weight));
  });
}
