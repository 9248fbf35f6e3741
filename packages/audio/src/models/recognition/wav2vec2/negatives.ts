import { check, defaultGenerator, type Generator } from '@hourglass/core';

/**
 * For each masked frame `count` other masked frames of the same row, each as likely as another, with repetition. Frames in sight have
 * the row's first frame, which nothing reads; so has a row whose only masked frame has no other.
 *
 * @param mask rows · frames values, see maskSpans
 * @returns rows · frames · count places, counted through all rows: row · frames + frame
 */
export function sampleNegatives(
  mask: ArrayLike<number>,
  rows: number,
  count: number,
  generator: Generator = defaultGenerator(),
): Int32Array {
  const frames = mask.length / rows;
  check(Number.isInteger(frames), () => `a mask of ${mask.length} values has not ${rows} rows`);
  const negatives = new Int32Array(mask.length * count);
  for (let row = 0; row < rows; row++) {
    const start = row * frames;
    const masked: number[] = [];
    for (let at = start; at < start + frames; at++) if (mask[at]) masked.push(at);
    negatives.fill(start, start * count, (start + frames) * count);
    if (masked.length < 2) continue;
    masked.forEach((at, own) => {
      for (let k = 0; k < count; k++) {
        const other = generator.integer(0, masked.length - 1);
        negatives[at * count + k] = masked[other >= own ? other + 1 : other]!;
      }
    });
  }
  return negatives;
}
