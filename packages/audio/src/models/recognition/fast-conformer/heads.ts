import * as tf from '@tensorflow/tfjs-core';
import {
  Conv1d,
  Dropout,
  Embedding,
  Linear,
  LSTM,
  Module,
  ModuleList,
  ReLU,
  scope,
  Sequential,
  type Generator,
} from '@hourglass/core';

/** What the prediction network carries on, float32 [N, layers, hidden] both. */
export interface PredictionState {
  readonly h: tf.Tensor;
  readonly c: tf.Tensor;
}

class RecurrentPart extends Module {
  readonly lstm: LSTM;

  constructor(hidden: number, numLayers: number, dropout: number, generator?: Generator) {
    super();
    this.lstm = new LSTM(hidden, hidden, { numLayers, dropout, batchFirst: true, ...(generator && { generator }) });
  }
}

class PredictionPart extends Module {
  readonly embed: Embedding;
  /** Null for a network that knows the last label alone. */
  readonly dec_rnn: RecurrentPart | null;

  constructor(symbols: number, hidden: number, layers: number, dropout: number, generator?: Generator) {
    super();
    // the blank, which comes last, stands for nothing said so far
    this.embed = new Embedding(symbols, hidden, { paddingIdx: symbols - 1, ...(generator && { generator }) });
    this.dec_rnn = layers === 0 ? null : new RecurrentPart(hidden, layers, dropout, generator);
  }
}

/**
 * NeMo's prediction network: an embedding, zeros for the blank, and LSTMs; without these what it says depends on the last label alone
 * (Ghodsi et al. 2020, "RNN-Transducer with Stateless Prediction Network").
 */
export class PredictionNetwork extends Module {
  readonly prediction: PredictionPart;

  /** @param symbols with the blank, the last @param layers LSTMs; 0 or more */
  constructor(symbols: number, hidden: number, layers: number, dropout = 0, generator?: Generator) {
    super();
    this.prediction = new PredictionPart(symbols, hidden, layers, dropout, generator);
  }

  /** @param labels int32 [N, U] @returns float32 [N, U, hidden] and the state behind the last */
  forward(labels: tf.Tensor, state: PredictionState | null = null): { output: tf.Tensor; state: PredictionState } {
    return scope(() => {
      const { embed, dec_rnn } = this.prediction;
      if (dec_rnn === null) {
        const nothing = (): tf.Tensor => tf.zeros([labels.shape[0]!, 0, embed.embeddingDim]);
        return { output: embed.forward(labels), state: { h: nothing(), c: nothing() } };
      }
      const turned = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [1, 0, 2]);
      const before = state === null ? {} : { h: turned(state.h), c: turned(state.c) };
      const { output, h, c } = dec_rnn.lstm.forward(embed.forward(labels), before);
      return { output, state: { h: turned(h), c: turned(c) } };
    });
  }
}

/** NeMo's joint network: maps of both encodings to one width, their sum, an activation and a map to the symbols. */
export class JointNetwork extends Module {
  readonly pred: Linear;
  readonly enc: Linear;
  readonly joint_net: Sequential;

  constructor(
    sizes: { encoder: number; prediction: number; joint: number; symbols: number },
    dropout = 0,
    generator?: Generator,
  ) {
    super();
    this.pred = new Linear(sizes.prediction, sizes.joint, { generator });
    this.enc = new Linear(sizes.encoder, sizes.joint, { generator });
    this.joint_net = new Sequential(
      new ReLU(),
      new Dropout(dropout, { generator }),
      new Linear(sizes.joint, sizes.symbols, { generator }),
    );
  }

  /** float32 [N, T, encoder] and [N, U, prediction] to [N, T, U, symbols], before the softmax. */
  forward(encoded: tf.Tensor, predicted: tf.Tensor): tf.Tensor {
    return scope(() =>
      this.joint_net.forward(
        tf.add(tf.expandDims(this.enc.forward(encoded), 2), tf.expandDims(this.pred.forward(predicted), 1)),
      ),
    );
  }
}

/** NeMo's CTC head: a map of each frame. */
export class CtcHead extends Module {
  readonly decoder_layers: ModuleList<Conv1d>;

  constructor(features: number, symbols: number, generator?: Generator) {
    super();
    this.decoder_layers = new ModuleList([new Conv1d(features, symbols, { kernelSize: 1, generator })]);
  }

  /** float32 [N, T, features] to log probabilities [N, T, symbols]. */
  forward(encoded: tf.Tensor): tf.Tensor {
    return scope(() => tf.logSoftmax(this.decoder_layers.at(0).forward(encoded)));
  }
}
