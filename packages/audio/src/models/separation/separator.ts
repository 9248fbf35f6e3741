import type * as tf from '@tensorflow/tfjs-core';
import type { Module } from '@hourglass/core';

/** A model that takes the sources of a mixture apart. */
export interface Separator extends Module {
  /** Sources that it gives. */
  readonly numSources: number;
  /** Channels of the sound that it takes. */
  readonly audioChannels: number;
  /** Hz of the sound that it was made for; null where it does not know. */
  readonly sampleRate: number | null;
  /** What each source is, where the order of sources has a meaning; null where they come in any order. */
  readonly sourceNames: readonly string[] | null;
  /**
   * @param x float32 [N, time, channels], or [N, time] for one channel
   * @returns float32 [N, sources, time, channels]; models of one channel may leave that axis out
   */
  forward(x: tf.Tensor): tf.Tensor;
}
