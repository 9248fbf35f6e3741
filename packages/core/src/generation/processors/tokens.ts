import { check } from '../../errors.js';
import { setScores, type LogitsProcessor } from './processor.js';

/** Never these tokens. */
export function suppressTokens(tokens: readonly number[]): LogitsProcessor {
  return (_, scores) => setScores(scores, tokens, -Infinity);
}

/** Not these tokens where a sequence has `beginIndex` tokens, which is where generation begins. */
export function suppressTokensAtBegin(tokens: readonly number[], beginIndex: number): LogitsProcessor {
  return (sequence, scores) => {
    if (sequence.length === beginIndex) setScores(scores, tokens, -Infinity);
  };
}

/** This token comes second, behind the one that decoding starts with. */
export function forcedBosToken(token: number): LogitsProcessor {
  return (sequence, scores) => {
    if (sequence.length === 1) only(scores, [token]);
  };
}

/** One of these tokens comes last, in a sequence of `maxLength` tokens. */
export function forcedEosToken(maxLength: number, eosTokens: readonly number[]): LogitsProcessor {
  return (sequence, scores) => {
    if (sequence.length === maxLength - 1) only(scores, eosTokens);
  };
}

function only(scores: Float32Array, tokens: readonly number[]): void {
  scores.fill(-Infinity);
  setScores(scores, tokens, 0);
}

/** Adds a bias to a token where it would complete a sequence of tokens. */
export function sequenceBias(
  biases: ReadonlyArray<readonly [tokens: readonly number[], bias: number]>,
): LogitsProcessor {
  for (const [tokens] of biases) check(tokens.length > 0, 'sequenceBias: a sequence must have at least one token');
  return (sequence, scores) => {
    for (const [tokens, bias] of biases) {
      const before = tokens.length - 1;
      if (before > 0 && tokens.length > sequence.length) continue;
      const begun = tokens.slice(0, before).every((token, i) => token === sequence[sequence.length - before + i]);
      if (begun) scores[tokens[before]!]! += bias;
    }
  };
}

/** Never these sequences; one that is an end of sequence alone may come all the same. */
export function noBadWords(words: ReadonlyArray<readonly number[]>, eosTokens: readonly number[]): LogitsProcessor {
  const banned = words.filter((word) => word.length !== 1 || !eosTokens.includes(word[0]!));
  return sequenceBias(banned.map((word) => [word, -Infinity] as const));
}

/** NaN becomes 0, infinities the largest numbers of their sign. */
export function removeInvalidValues(): LogitsProcessor {
  const largest = 3.4028234663852886e38;
  return (_, scores) => {
    for (const [i, score] of scores.entries()) {
      scores[i] = Number.isNaN(score) ? 0 : Math.min(largest, Math.max(-largest, score));
    }
  };
}
