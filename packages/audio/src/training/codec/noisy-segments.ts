import { check, exampleContext, type Dataset, type ExampleContext } from '@hourglass/core';
import { colouredNoise } from '../../data/noisy.js';
import { rootMeanSquare } from '../../data/level.js';
import type { Segment, SoundSegments } from './segments.js';

/** What a codec with a condition hears, and what is to come out of it. */
export interface NoisySegment {
  readonly input: Segment;
  readonly target: Segment;
  /** [1]: 1 where noise is to be taken out, else 0. */
  readonly denoise: readonly number[];
}

/** Share of the pieces that are left clean, so that a network learns to leave them so, whatever it is told. */
const cleanShare = 0.25;

/**
 * Pieces of recordings with noise of random colour and strength, which is to be taken out of half of them and kept in the others (SoundStream,
 * arXiv:2107.03312, joint compression and enhancement).
 */
export class NoisySegments implements Dataset<NoisySegment> {
  /** @param snr range of the ratio of signal to noise in decibels, drawn evenly */
  constructor(
    readonly segments: SoundSegments,
    readonly snr: readonly [least: number, most: number],
  ) {
    check(
      snr[0] <= snr[1],
      () => `the ratio of signal to noise must lie between two values in order, got ${snr.join(', ')}`,
    );
  }

  get length(): number {
    return this.segments.length;
  }

  async get(index: number, context: ExampleContext = exampleContext(0, 0, index)): Promise<NoisySegment> {
    const clean = await this.segments.get(index, context);
    const { generator } = context;
    const denoise = generator.uniform() < 0.5;
    const isClean = generator.uniform() < cleanShare;
    const noise = colouredNoise(clean.values.length, generator);
    const ratio = 10 ** (generator.uniform(...this.snr) / 20);
    const gain = isClean ? 0 : rootMeanSquare(clean.values) / (ratio * rootMeanSquare(noise));
    const input = { ...clean, values: clean.values.map((value, i) => value + gain * noise[i]!) };
    return { input, target: denoise ? clean : input, denoise: [Number(denoise)] };
  }
}
