import { check, defaultGenerator, type Generator } from '@hourglass/core';

export interface MaskSpanOptions {
  /** Share of the axis that spans would cover if none overlapped. */
  readonly probability: number;
  /** Length of a span. */
  readonly length: number;
  /** Fewest spans. Default 0. */
  readonly minMasks?: number;
  /** Where each row ends, if before `size`; no span begins so late that it would reach beyond. */
  readonly lengths?: readonly number[] | null;
  /** Default: the default generator. */
  readonly generator?: Generator;
}

/**
 * Draws which places of an axis are masked, in spans, for each row by itself (SpecAugment, Park et al. 2019, arXiv:1904.08779, as wav2vec
 * 2.0 uses it). The number of spans is probability · size / length, rounded up or down at random, the same way for all rows; their
 * beginnings are drawn without repetition.
 *
 * @returns rows · size values, 1 where masked
 * @throws InvalidArgumentError for a span length below 1 or a probability outside [0, 1]
 */
export function maskSpans(rows: number, size: number, options: MaskSpanOptions): Uint8Array {
  const { probability, length, minMasks = 0, lengths = null, generator = defaultGenerator() } = options;
  check(Number.isInteger(length) && length > 0, () => `spans to mask must be 1 or longer, got ${length}`);
  check(probability >= 0 && probability <= 1, () => `the share to mask must lie in [0, 1], got ${probability}`);
  const mask = new Uint8Array(rows * size);
  const rounding = generator.uniform();
  for (let row = 0; row < rows; row++) {
    const end = Math.min(lengths?.[row] ?? size, size);
    const starts = Math.max(end - length + 1, 0);
    const wanted = Math.max(Math.floor((probability * end) / length + rounding), minMasks);
    const count = Math.min(wanted, Math.floor(size / length), starts);
    for (const start of distinct(count, starts, generator)) {
      mask.fill(1, row * size + start, row * size + start + length);
    }
  }
  return mask;
}

/** `count` different numbers below `below` (Floyd). */
function distinct(count: number, below: number, generator: Generator): Set<number> {
  const drawn = new Set<number>();
  for (let last = below - count; last < below; last++) {
    const number = generator.integer(0, last + 1);
    drawn.add(drawn.has(number) ? last : number);
  }
  return drawn;
}
