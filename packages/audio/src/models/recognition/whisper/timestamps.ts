import type { generation } from '@hourglass/core';
import type { WhisperGenerationConfig } from './prompt.js';

/** Frames that a step of the timestamps is long: 20 ms of 10 ms. */
export const framesPerTimestamp = 2;

/** The first token that is a time. */
export function timestampBegin({ noTimestampsTokenId }: WhisperGenerationConfig): number | null {
  return noTimestampsTokenId == null ? null : noTimestampsTokenId + 1;
}

/**
 * Times come in pairs, do not go back, and come first; where times together are likelier than any word, one of them comes (Radford et al.
 * 2022, arXiv:2212.04356, as transformers' WhisperTimeStampLogitsProcessor).
 *
 * @param begin the first token that is a time; the one before says that there are none
 * @param beginIndex length of the prompt
 */
export function timestampRules(
  begin: number,
  beginIndex: number,
  endToken: number,
  maxInitialIndex: number | null = null,
): generation.LogitsProcessor {
  return (sequence, scores) => {
    scores[begin - 1] = -Infinity;
    const said = sequence.slice(beginIndex);
    const isTime = (token: number | undefined): boolean => token !== undefined && token >= begin;
    const lastIsTime = isTime(said.at(-1));
    const pairDone = said.length < 2 || isTime(said.at(-2));
    if (lastIsTime) {
      if (pairDone) scores.fill(-Infinity, begin);
      else scores.fill(-Infinity, 0, endToken);
    }
    const times = said.filter((token) => isTime(token));
    if (times.length > 0) {
      // the end of a pair may begin the next one, any other time must move on
      const least = lastIsTime && !pairDone ? times.at(-1)! : times.at(-1)! + 1;
      scores.fill(-Infinity, begin, least);
    }
    if (said.length === 0) {
      scores.fill(-Infinity, 0, begin);
      if (maxInitialIndex !== null) scores.fill(-Infinity, begin + maxInitialIndex + 1);
    }
    const largest = (part: Float32Array): number => part.reduce((a, b) => Math.max(a, b), -Infinity);
    const [words, rest] = [scores.subarray(0, begin), scores.subarray(begin)];
    const top = largest(rest);
    if (top === -Infinity) return;
    const together = top + Math.log(rest.reduce((sum, score) => sum + Math.exp(score - top), 0));
    if (together > largest(words)) words.fill(-Infinity);
  };
}

/** A piece of what was said. */
export interface WhisperSegment {
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  /** Times among them. */
  readonly tokens: readonly number[];
}

/**
 * Cuts what was said in one window at its pairs of times.
 *
 * @param tokens without prompt and end
 * @param frames of the window
 * @returns segments in seconds from the window's beginning, and after how many frames the next window begins
 */
export function cutSegments(
  tokens: readonly number[],
  begin: number,
  frames: number,
  secondsPerFrame: number,
): { readonly segments: WhisperSegment[]; readonly next: number } {
  const step = framesPerTimestamp * secondsPerFrame;
  const isTime = tokens.map((token) => token >= begin);
  const cuts = tokens.flatMap((_, i) => (i > 0 && isTime[i] && isTime[i - 1] ? [i] : []));
  const single = isTime.at(-1) === true && isTime.at(-2) !== true;
  if (cuts.length === 0) {
    const last = tokens.findLast((token) => token >= begin);
    const end = last !== undefined && last !== begin ? (last - begin) * step : frames * secondsPerFrame;
    return { segments: [{ start: 0, end, tokens }], next: frames };
  }
  const bounds = single ? [...cuts, tokens.length] : cuts.map((cut, i) => (i === cuts.length - 1 ? cut + 1 : cut));
  let from = 0;
  const segments = bounds.map((to, i) => {
    const part = tokens.slice(from, to);
    const closing = i < bounds.length - 1 || single ? part.at(-1)! : part.at(-2)!;
    from = to;
    return { start: (part[0]! - begin) * step, end: (closing - begin) * step, tokens: part };
  });
  // a time without a pair at the end: nothing is said behind it. Otherwise what comes behind the last pair is heard again
  return { segments, next: single ? frames : (tokens[from - 2]! - begin) * framesPerTimestamp };
}
