import type { GeneratorState } from '../../random/generator.js';
import { ownKernel } from '../own.js';
import { randomBernoulli, randomUniform } from './reference.js';

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

/** The numbers of `Generator.uniform(low, high)`, float32 of `shape`, to the bit; two steps of the generator each. */
export const RandomUniform = ownKernel<Nothing, RandomUniformAttrs>('RandomUniform', randomUniform);

/** 1 where `Generator.uint32()` is below probability · 2³², else 0, of `shape`, to the bit; one step of the generator each. */
export const RandomBernoulli = ownKernel<Nothing, RandomBernoulliAttrs>('RandomBernoulli', randomBernoulli);
