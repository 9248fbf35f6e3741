import type { GeneratorState } from '../../random/generator.js';
import { ownKernel } from '../own.js';

interface RandomAttrs {
  readonly shape: readonly number[];
  /** Of the generator before the first number. */
  readonly state: GeneratorState;
}

export interface RandomUniformAttrs extends RandomAttrs {
  readonly low: number;
  readonly high: number;
}

export interface RandomBernoulliAttrs extends RandomAttrs {
  readonly probability: number;
  readonly dtype: 'float32' | 'bool';
}

type Nothing = Record<string, never>;

/** The numbers of `Generator.uniform(low, high)`, float32 of `shape`, and the state after them, int32 [4]. */
export const RandomUniform = ownKernel<Nothing, RandomUniformAttrs>('RandomUniform');

/**
 * 1 where `Generator.uint32()` is below probability · 2³², else 0, of `shape`, and the state after the last number,
 * int32 [4].
 */
export const RandomBernoulli = ownKernel<Nothing, RandomBernoulliAttrs>('RandomBernoulli');
