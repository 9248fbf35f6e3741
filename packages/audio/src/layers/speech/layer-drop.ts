import { defaultGenerator, type Generator } from '@hourglass/core';

/** Leaves layers out in training (Fan et al. 2019, arXiv:1909.11556). */
export class LayerDrop {
  constructor(
    readonly probability: number,
    private readonly generator?: Generator,
  ) {}

  drops(training: boolean): boolean {
    if (!training || this.probability === 0) return false;
    return (this.generator ?? defaultGenerator()).uniform() < this.probability;
  }
}
