import type { Generator } from '../random/index.js';
import type { TokenDecoder } from './decoder.js';
import { argMax, softmax } from './distribution.js';
import type { LogitsProcessor } from './processors/processor.js';
import { nextScores, repeated } from './run-decoder.js';
import type { StoppingCriterion } from './stopping.js';

export interface TokenSearchOptions {
  readonly processors: readonly LogitsProcessor[];
  readonly stop: StoppingCriterion;
  /** What fills a row that is done; null: its rows go on, as nothing ends them but their length. */
  readonly fill: number | null;
  /** Draw tokens with it; null takes the likeliest. */
  readonly generator: Generator | null;
  /** Rows for each prompt. */
  readonly copies: number;
  /** Is told the tokens of each step, one a row. */
  readonly onTokens?: ((tokens: readonly number[]) => void) | undefined;
}

/** Token by token: the likeliest, or one drawn by probability. */
export async function tokenSearch(
  decoder: TokenDecoder,
  prompts: ReadonlyArray<readonly number[]>,
  options: TokenSearchOptions,
): Promise<number[][]> {
  const { processors, stop, fill, generator, copies } = options;
  const source = repeated(prompts.length, copies);
  const rows = source.map((prompt) => [...prompts[prompt]!]);
  const done = rows.map(() => false);
  let scores = await nextScores(decoder, prompts);
  if (copies > 1) {
    decoder.select(source);
    scores = source.map((prompt) => scores[prompt]!.slice());
  }
  for (;;) {
    const chosen = rows.map((row, i) => {
      if (done[i] && fill !== null) return fill;
      for (const process of processors) process(row, scores[i]!, i);
      return pickToken(scores[i]!, generator);
    });
    rows.forEach((row, i) => {
      row.push(chosen[i]!);
      done[i] ||= stop(row, i);
    });
    options.onTokens?.(chosen);
    if (done.every(Boolean)) return rows;
    scores = await nextScores(
      decoder,
      chosen.map((token) => [token]),
    );
  }
}

/** The likeliest token, or with a generator one drawn by its probability. @param scores before the softmax */
export function pickToken(scores: Float32Array, generator: Generator | null): number {
  return generator === null ? argMax(scores) : draw(scores, generator);
}

function draw(scores: Float32Array, generator: Generator): number {
  const probabilities = softmax(scores);
  const total = probabilities.reduce((sum, p) => sum + p, 0);
  let left = generator.uniform() * total;
  for (const [token, p] of probabilities.entries()) {
    left -= p;
    if (left < 0 && p > 0) return token;
  }
  return argMax(scores);
}
