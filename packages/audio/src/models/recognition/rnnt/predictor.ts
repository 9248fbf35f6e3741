import type * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Dropout,
  Embedding,
  LayerNorm,
  Linear,
  Module,
  ModuleList,
  scope,
  type Generator,
} from '@hourglass/core';
import { LayerNormLstm, type LstmState } from './layer-norm-lstm.js';

export interface PredictorConfig {
  /** Labels with the blank. */
  readonly numSymbols: number;
  readonly outputDim: number;
  readonly symbolEmbeddingDim: number;
  readonly numLstmLayers: number;
  readonly lstmHiddenDim: number;
  /** Default false. */
  readonly lstmLayerNorm?: boolean;
  /** Default 1e-5. */
  readonly lstmLayerNormEpsilon?: number;
  /** Default 0. */
  readonly lstmDropout?: number;
}

/** What a predictor carries on, a layer at a time. */
export type PredictorState = readonly LstmState[];

/** The prediction network of a transducer: LSTMs over the labels so far. */
export class Predictor extends Module {
  readonly embedding: Embedding;
  readonly input_layer_norm: LayerNorm;
  readonly lstm_layers: ModuleList<LayerNormLstm>;
  readonly dropout: Dropout;
  readonly linear: Linear;
  readonly output_layer_norm: LayerNorm;

  constructor(config: PredictorConfig, generator?: Generator) {
    super();
    const { numSymbols, outputDim, symbolEmbeddingDim, numLstmLayers, lstmHiddenDim, lstmDropout = 0 } = config;
    const options = {
      layerNorm: config.lstmLayerNorm ?? false,
      layerNormEpsilon: config.lstmLayerNormEpsilon ?? 1e-5,
      generator,
    };
    this.embedding = new Embedding(numSymbols, symbolEmbeddingDim, { ...(generator && { generator }) });
    this.input_layer_norm = new LayerNorm(symbolEmbeddingDim);
    this.lstm_layers = new ModuleList(
      Array.from(
        { length: numLstmLayers },
        (_, i) => new LayerNormLstm(i === 0 ? symbolEmbeddingDim : lstmHiddenDim, lstmHiddenDim, options),
      ),
    );
    this.dropout = new Dropout(lstmDropout, { ...(generator && { generator }) });
    this.linear = new Linear(lstmHiddenDim, outputDim, { ...(generator && { generator }) });
    this.output_layer_norm = new LayerNorm(outputDim);
  }

  /**
   * @param targets int32 [N, U], a blank first at the beginning of a text
   * @param state what the call before returned; it stays the caller's
   * @returns float32 [N, U, outputDim]
   */
  forward(targets: tf.Tensor, state: PredictorState | null = null): { output: tf.Tensor; state: PredictorState } {
    check(
      targets.rank === 2,
      () => `a predictor takes labels [batch, labels], got shape [${targets.shape.join(', ')}]`,
    );
    return scope(() => {
      let x: tf.Tensor = this.input_layer_norm.forward(this.embedding.forward(targets));
      const states = [...this.lstm_layers].map((lstm, i) => {
        const next = lstm.forward(x, state?.[i] ?? null);
        x = this.dropout.forward(next.output);
        return next.state;
      });
      return { output: this.output_layer_norm.forward(this.linear.forward(x)), state: states };
    });
  }
}
