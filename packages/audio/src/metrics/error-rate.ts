import { metrics } from '@hourglass/core';

/**
 * Word error rate of a corpus, with its counts: edits of all utterances over words of all references. Case and punctuation count. Where
 * the references hold no word, the number of those that were read into silence.
 *
 * @throws InvalidArgumentError when there are not as many hypotheses as references
 */
export function wordErrorRate(references: readonly string[], hypotheses: readonly string[]): metrics.ErrorRates {
  return new metrics.WordErrorRate().updateAll(references, hypotheses).counts();
}

/**
 * Character error rate of a corpus, with its counts, by Unicode code point; spaces are characters too.
 *
 * @throws InvalidArgumentError when there are not as many hypotheses as references
 */
export function characterErrorRate(references: readonly string[], hypotheses: readonly string[]): metrics.ErrorRates {
  return new metrics.CharacterErrorRate().updateAll(references, hypotheses).counts();
}
