import { tokenList, type GenerationConfig } from './config.js';

/** Whether a sequence is at its end (transformers' StoppingCriteria, for one row). @param tokens the prompt first */
export type StoppingCriterion = (tokens: readonly number[], row: number) => boolean;

/** A sequence of so many tokens is done, the prompt counted. */
export function maxLengthCriterion(maxLength: number): StoppingCriterion {
  return (tokens) => tokens.length >= maxLength;
}

/** One of these tokens ends a sequence. */
export function eosTokenCriterion(eosTokens: readonly number[]): StoppingCriterion {
  return (tokens) => eosTokens.includes(tokens.at(-1)!);
}

/** One of these runs of tokens ends a sequence. */
export function stopSequencesCriterion(sequences: ReadonlyArray<readonly number[]>): StoppingCriterion {
  return (tokens) =>
    sequences.some((stop) => stop.length > 0 && stop.every((token, i) => tokens.at(i - stop.length) === token));
}

/** All that ends a sequence: any one of them does. */
export function stoppingOf(
  config: GenerationConfig,
  maxLength: number,
  more: readonly StoppingCriterion[] = [],
): StoppingCriterion {
  const criteria = [maxLengthCriterion(maxLength), eosTokenCriterion(tokenList(config.eosTokenId)), ...more];
  return (tokens, row) => criteria.some((criterion) => criterion(tokens, row));
}
