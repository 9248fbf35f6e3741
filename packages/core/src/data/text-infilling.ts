import { check } from '../errors.js';
import { defaultGenerator, type Generator } from '../random/index.js';

export interface TextInfillingOptions {
  /** What stands for a span. */
  readonly maskToken: number;
  /** Share of the tokens that spans cover. Default 0.3. */
  readonly share?: number;
  /** Mean length of a span; lengths follow Poisson's distribution, those of 0 put in a mask without taking anything out. Default 3.5. */
  readonly meanLength?: number;
  /** Tokens that stay. */
  readonly kept?: readonly number[];
  /** Default: the default generator. */
  readonly generator?: Generator;
}

/**
 * Takes spans out of a text and leaves one mask for each, so that how much is missing has to be found too (BART, Lewis et al. 2019,
 * arXiv:1910.13461).
 *
 * @throws InvalidArgumentError for a share outside [0, 1]
 */
export function textInfilling(tokens: readonly number[], options: TextInfillingOptions): number[] {
  const { maskToken, share = 0.3, meanLength = 3.5, kept = [], generator = defaultGenerator() } = options;
  check(share >= 0 && share <= 1, () => `the share of tokens to mask must lie in [0, 1], got ${share}`);
  const spans = new Map<number, number>();
  const covered = new Set<number>(tokens.flatMap((token, at) => (kept.includes(token) ? [at] : [])));
  let left = Math.round(share * (tokens.length - covered.size));
  // a span that would not fit is drawn again, some times
  for (let tries = 0; left > 0 && tries < 10 * tokens.length; tries++) {
    const length = Math.min(poisson(meanLength, generator), left);
    const start = generator.integer(0, tokens.length);
    const places = Array.from({ length: Math.max(1, length) }, (_, i) => start + i);
    if (spans.has(start) || places.some((at) => at >= tokens.length || covered.has(at))) continue;
    spans.set(start, length);
    for (const at of places.slice(0, length)) covered.add(at);
    // a mask in between counts too, or it might never end
    left -= Math.max(1, length);
  }
  const result: number[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const length = spans.get(at);
    if (length !== undefined) result.push(maskToken);
    if (length === undefined || length === 0) result.push(tokens[at]!);
    else at += length - 1;
  }
  return result;
}

/** Knuth's method: how many uniform numbers are multiplied until the product is below exp(-mean). */
function poisson(mean: number, generator: Generator): number {
  const least = Math.exp(-mean);
  let count = 0;
  for (let product = generator.uniform(); product > least; product *= generator.uniform()) count++;
  return count;
}
