import { capability } from '@hourglass/core/testing';
import type { ModelFacts } from '@hourglass/testing';

/** Whether each pass of a network takes a second: a GPU in software. */
export const isSlow = capability('fast enough to train').isMissing;

/** There one architecture shows for all what depends little on the backend. */
export const exceptWhereSlow: ModelFacts['except'] = Object.fromEntries(
  isSlow
    ? (['finite differences', 'saving', 'throwing', 'determinism', 'independence', 'modes'] as const).map((rule) => [
        rule,
        'too slow on a GPU in software',
      ])
    : [],
);
