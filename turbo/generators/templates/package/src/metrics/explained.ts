import { check } from '@hourglass/core';
import type { Sequence } from '../data/sequence.js';

/** How good reconstructions are. */
export interface ReconstructionScores {
  /** 1 - error / variance, over all channels: 1 is perfect, 0 what the mean of each channel gives. */
  readonly explained: number;
  /** Root of the mean squared error, in the sequences' own units. */
  readonly rmse: number;
}

/** Gathers {@link ReconstructionScores} over sequences; `mean` is that of each channel, to which it compares. */
export class Explained {
  #error = 0;
  #variance = 0;
  #count = 0;

  constructor(private readonly mean: readonly number[]) {}

  update(reconstruction: Sequence, truth: Sequence): void {
    check(
      reconstruction.values.length === truth.values.length,
      () => `${truth.name}: the reconstruction has another length`,
    );
    truth.values.forEach((value, i) => {
      this.#error += (reconstruction.values[i]! - value) ** 2;
      this.#variance += (value - this.mean[i % truth.channels]!) ** 2;
    });
    this.#count += truth.values.length;
  }

  compute(): ReconstructionScores {
    check(this.#count > 0, 'there is nothing to score yet');
    return { explained: 1 - this.#error / this.#variance, rmse: Math.sqrt(this.#error / this.#count) };
  }
}
