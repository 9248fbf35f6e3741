import type * as tf from '@tensorflow/tfjs-core';
import { Dropout, LayerNorm, Linear, Module, scope, type Generator } from '@hourglass/core';

export interface FeatureProjectionOptions {
  /** Default 1e-5. */
  readonly eps?: number;
  /** Default 0. */
  readonly dropout?: number;
  /** Normalise the features first. Default true. */
  readonly norm?: boolean;
  readonly generator?: Generator;
}

/** Frames of a feature encoder to the width of the encoder that follows. */
export class FeatureProjection extends Module {
  readonly layer_norm: LayerNorm | null;
  readonly projection: Linear;
  readonly dropout: Dropout;

  constructor(inFeatures: number, outFeatures: number, options: FeatureProjectionOptions = {}) {
    super();
    const { eps = 1e-5, dropout = 0, norm = true, generator } = options;
    this.layer_norm = norm ? new LayerNorm(inFeatures, { eps }) : null;
    this.projection = new Linear(inFeatures, outFeatures, { generator });
    this.dropout = new Dropout(dropout, { generator });
  }

  /** @returns `hidden` [N, frames, outFeatures], and the features before the projection, normalised, which quantisers take. */
  forward(features: tf.Tensor): { readonly hidden: tf.Tensor; readonly features: tf.Tensor } {
    return scope(() => {
      const normed = this.layer_norm === null ? features.clone() : this.layer_norm.forward(features);
      return { hidden: this.dropout.forward(this.projection.forward(normed)), features: normed };
    });
  }
}
