import {
  functional as F,
  ResidualVectorQuantizer,
  scope,
  StateBuffer,
  VectorQuantizer,
  type Generator,
  type Parameter,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';

/** How EnCodec's codebooks learn; its defaults. */
export interface EncodecQuantizerOptions {
  /** Weight of the commitment loss. Default 1. */
  readonly commitment?: number;
  /** Weight of the past in the moving averages. Default 0.99. */
  readonly decay?: number;
  /**
   * In training a code whose average number of vectors a batch is below this becomes a vector of the batch. Default 2; then an untrained
   * model takes its first codes from the first batch.
   */
  readonly revive?: number;
  /** Share of training batches of which only some of the first codebooks are used. Default 0. */
  readonly quantizerDropout?: number;
  readonly generator?: Generator | undefined;
}

/** Codebook with EnCodec's buffers. */
class EuclideanCodebook extends VectorQuantizer {
  /** [1]: 1, since the codes are there from the start or come with the first batch. */
  readonly inited = new StateBuffer(tf.ones([1]));
}

/**
 * Residual vector quantiser with the names of transformers' EnCodec: `layers.N.codebook.{embed, cluster_size, embed_avg, inited}`. Codebooks
 * learn by moving averages.
 */
export class EncodecResidualVectorQuantizer extends ResidualVectorQuantizer {
  constructor(stages: number, codes: number, channels: number, options: EncodecQuantizerOptions = {}) {
    const { generator, ...given } = options;
    super(stages, codes, channels, {
      commitment: 1,
      revive: 2,
      ...given,
      ...(generator && { generator }),
      stage: (...stage) => new EuclideanCodebook(...stage),
    });
  }

  override *namedState(prefix = ''): Iterable<[string, Parameter | StateBuffer]> {
    for (const [name, leaf] of super.namedState('')) {
      const named = name.replace(/^layers\.(\d+)\./, 'layers.$1.codebook.');
      yield [prefix === '' ? named : `${prefix}.${named}`, leaf];
    }
  }

  /** The codes of x float32 [..., channels] alone: int32 [..., stages]. */
  nearest(x: tf.Tensor, stages: number): tf.Tensor {
    return scope(() => {
      const codebooks = Array.from({ length: stages }, (_, i) => this.layers.at(i).embed.value);
      return F.residualVectorQuantize(x, codebooks).codes;
    });
  }
}
