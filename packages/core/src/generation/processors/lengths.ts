import { setScores, type LogitsProcessor } from './processor.js';

/** No end before a sequence has `minLength` tokens, the prompt counted. */
export function minLength(least: number, eosTokens: readonly number[]): LogitsProcessor {
  return (sequence, scores) => {
    if (sequence.length < least) setScores(scores, eosTokens, -Infinity);
  };
}

/** The end's score grows by (factor^n - 1) of its size, n tokens behind `start`. */
export function exponentialDecayLengthPenalty(
  start: number,
  factor: number,
  eosTokens: readonly number[],
): LogitsProcessor {
  return (sequence, scores) => {
    const over = sequence.length - start;
    if (over <= 0) return;
    for (const token of eosTokens) scores[token]! += Math.abs(scores[token]!) * (factor ** over - 1);
  };
}
