import { Generator } from '@hourglass/core';
import type { Sequence } from './sequence.js';

export interface WavesOptions {
  readonly count: number;
  /** Default 96. */
  readonly length?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Generated sequences of two channels, each a sum of two sines with phases and rates of its own: something to try things on. */
export function waves({ count, length = 96, seed = 0 }: WavesOptions): Sequence[] {
  const generator = new Generator(seed);
  const channels = 2;
  return Array.from({ length: count }, (_, n) => {
    const parts = Array.from({ length: 2 * channels }, () => ({
      size: generator.uniform(0.5, 1),
      rate: generator.uniform(0.1, 0.5),
      phase: generator.uniform(0, 2 * Math.PI),
    }));
    const at = (step: number, channel: number): number =>
      [parts[2 * channel]!, parts[2 * channel + 1]!].reduce(
        (sum, { size, rate, phase }) => sum + size * Math.sin(rate * step + phase),
        0,
      );
    const values = Float32Array.from({ length: length * channels }, (_, i) =>
      at(Math.floor(i / channels), i % channels),
    );
    return { name: `wave ${n}`, channels, values };
  });
}
