import * as tf from '@tensorflow/tfjs-core';
import { Dropout, LSTMCell, Module, scope, type Generator, type Linear } from '@hourglass/core';
import { paddingMask } from '../../recognition/lengths.js';
import { LocationSensitiveAttention } from './attention.js';
import type { Tacotron2Settings } from './config.js';
import { Tacotron2Prenet, xavierLinear } from './nets.js';

/** What the decoder keeps from frame to frame. */
interface Memories {
  readonly attentionHidden: tf.Tensor;
  readonly attentionCell: tf.Tensor;
  readonly decoderHidden: tf.Tensor;
  readonly decoderCell: tf.Tensor;
  /** Weights of the last step, and of all before. */
  readonly weights: tf.Tensor;
  readonly sum: tf.Tensor;
  readonly context: tf.Tensor;
}

/** What it reads. */
interface Memory {
  readonly memory: tf.Tensor;
  readonly processed: tf.Tensor;
  readonly bias: tf.Tensor | null;
}

export interface Tacotron2Frames {
  /** float32 [N, frames, mels] */
  readonly mel: tf.Tensor;
  /** float32 [N, frames], before the sigmoid: whether speech is over. */
  readonly gate: tf.Tensor;
  /** float32 [N, frames, L] */
  readonly alignments: tf.Tensor;
}

/** Makes a spectrogram frame by frame from what attention reads. */
export class Tacotron2Decoder extends Module {
  readonly prenet: Tacotron2Prenet;
  readonly attention_rnn: LSTMCell;
  readonly attention_layer: LocationSensitiveAttention;
  readonly decoder_rnn: LSTMCell;
  readonly linear_projection: Linear;
  readonly gate_layer: Linear;
  readonly attention_dropout: Dropout;
  readonly decoder_dropout: Dropout;
  readonly #settings: Tacotron2Settings;

  constructor(settings: Tacotron2Settings, generator?: Generator) {
    super();
    const { prenetDim, encoderEmbeddingDim: width, attentionRnnDim, decoderRnnDim, nMels } = settings;
    this.prenet = new Tacotron2Prenet(settings, generator);
    this.attention_rnn = new LSTMCell(prenetDim + width, attentionRnnDim, { generator });
    this.attention_layer = new LocationSensitiveAttention(settings, generator);
    this.decoder_rnn = new LSTMCell(attentionRnnDim + width, decoderRnnDim, { generator });
    this.linear_projection = xavierLinear(decoderRnnDim + width, nMels, true, 'linear', generator);
    this.gate_layer = xavierLinear(decoderRnnDim + width, 1, true, 'sigmoid', generator);
    this.attention_dropout = new Dropout(settings.attentionDropout, { generator });
    this.decoder_dropout = new Dropout(settings.decoderDropout, { generator });
    this.#settings = settings;
  }

  /**
   * With given frames before each.
   *
   * @param memory float32 [N, L, width] @param lengths of the symbols @param frames float32 [N, frames, mels]
   */
  forward(memory: tf.Tensor, lengths: readonly number[], frames: tf.Tensor): Tacotron2Frames {
    return scope(() => {
      const [n, count, mels] = frames.shape as [number, number, number];
      const shifted = tf.concat([tf.zeros([n, 1, mels]), tf.slice(frames, [0, 0, 0], [n, count - 1, mels])], 1);
      const inputs = tf.unstack(this.prenet.forward(shifted), 1);
      const read = this.#read(memory, lengths);
      let state = this.#begin(memory);
      const steps = inputs.map((input) => {
        const step = this.#step(input, state, read);
        state = step.state;
        return step;
      });
      return joined(steps.map(({ mel, gate, state: { weights } }) => ({ mel, gate, weights })));
    });
  }

  /**
   * With its own frames, until all say that speech is over.
   *
   * @param memory float32 [N, L, width]
   * @returns frames, how many of each count, and whether there were as many as may be
   */
  async infer(
    memory: tf.Tensor,
    lengths: readonly number[],
  ): Promise<Tacotron2Frames & { readonly lengths: number[]; readonly exhausted: boolean }> {
    const { decoderMaxStep, decoderEarlyStopping, gateThreshold, nMels } = this.#settings;
    const n = memory.shape[0]!;
    const counts = Array.from({ length: n }, () => 0);
    const finished = counts.map(() => false);
    const steps: Array<{ mel: tf.Tensor; gate: tf.Tensor; weights: tf.Tensor }> = [];
    const read = scope(() => this.#read(memory, lengths));
    let state = scope(() => this.#begin(memory));
    let frame = tf.zeros([n, nMels]) as tf.Tensor;
    try {
      while (steps.length < decoderMaxStep) {
        const step = scope(() => {
          const { mel, gate, state: next } = this.#step(this.prenet.forward(frame), state, read);
          return { mel: tf.clone(mel), gate, weights: tf.clone(next.weights), frame: mel, state: next };
        });
        tf.dispose([frame, { ...state }]);
        ({ frame, state } = step);
        steps.push({ mel: step.mel, gate: step.gate, weights: step.weights });
        const gates = await step.gate.data();
        for (let row = 0; row < n; row++) {
          if (!finished[row]) counts[row]!++;
          finished[row] ||= 1 / (1 + Math.exp(-gates[row]!)) > gateThreshold;
        }
        if (decoderEarlyStopping && finished.every(Boolean)) break;
      }
      return { ...joined(steps), lengths: counts, exhausted: steps.length === decoderMaxStep };
    } finally {
      tf.dispose([frame, { ...state }, { processed: read.processed }, steps.map((step) => ({ ...step }))]);
      read.bias?.dispose();
    }
  }

  #read(memory: tf.Tensor, lengths: readonly number[]): Memory {
    const mask = paddingMask(lengths, memory.shape[1]!);
    return {
      memory,
      processed: this.attention_layer.memory_layer.forward(memory),
      bias: mask === null ? null : tf.where(mask, tf.fill(mask.shape, -Infinity), tf.zeros(mask.shape)),
    };
  }

  #begin(memory: tf.Tensor): Memories {
    const { attentionRnnDim, decoderRnnDim, encoderEmbeddingDim } = this.#settings;
    const [n, length] = memory.shape as [number, number];
    return {
      attentionHidden: tf.zeros([n, attentionRnnDim]),
      attentionCell: tf.zeros([n, attentionRnnDim]),
      decoderHidden: tf.zeros([n, decoderRnnDim]),
      decoderCell: tf.zeros([n, decoderRnnDim]),
      weights: tf.zeros([n, length]),
      sum: tf.zeros([n, length]),
      context: tf.zeros([n, encoderEmbeddingDim]),
    };
  }

  /** @param input [N, prenetDim] @returns a frame [N, mels], its gate [N], and what comes of the state */
  #step(
    input: tf.Tensor,
    state: Memories,
    { memory, processed, bias }: Memory,
  ): { mel: tf.Tensor; gate: tf.Tensor; state: Memories } {
    const attention = this.attention_rnn.forward(tf.concat([input, state.context], 1), {
      h: state.attentionHidden,
      c: state.attentionCell,
    });
    const attentionHidden = this.attention_dropout.forward(attention.h);
    const { context, weights } = this.attention_layer.forward(
      attentionHidden,
      memory,
      processed,
      state.weights,
      state.sum,
      bias,
    );
    const decoder = this.decoder_rnn.forward(tf.concat([attentionHidden, context], 1), {
      h: state.decoderHidden,
      c: state.decoderCell,
    });
    const decoderHidden = this.decoder_dropout.forward(decoder.h);
    const known = tf.concat([decoderHidden, context], 1);
    return {
      mel: this.linear_projection.forward(known),
      gate: tf.squeeze(this.gate_layer.forward(known), [1]),
      state: {
        attentionHidden,
        attentionCell: attention.c,
        decoderHidden,
        decoderCell: decoder.c,
        weights,
        sum: tf.add(state.sum, weights),
        context,
      },
    };
  }
}

function joined(steps: ReadonlyArray<{ mel: tf.Tensor; gate: tf.Tensor; weights: tf.Tensor }>): Tacotron2Frames {
  return scope(() => ({
    mel: tf.stack(
      steps.map(({ mel }) => mel),
      1,
    ),
    gate: tf.stack(
      steps.map(({ gate }) => gate),
      1,
    ),
    alignments: tf.stack(
      steps.map(({ weights }) => weights),
      1,
    ),
  }));
}
