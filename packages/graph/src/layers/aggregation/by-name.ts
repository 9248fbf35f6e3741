import { InvalidArgumentError } from '@hourglass/core';
import {
  MaxAggregation,
  MeanAggregation,
  MinAggregation,
  MulAggregation,
  SumAggregation,
  type Aggregation,
} from './aggregation.js';
import { PowerMeanAggregation } from './power-mean-aggregation.js';
import { MedianAggregation } from './quantile-aggregation.js';
import { SoftmaxAggregation } from './softmax-aggregation.js';
import { StdAggregation, VarAggregation } from './statistics.js';

const makers = {
  sum: () => new SumAggregation(),
  add: () => new SumAggregation(),
  mean: () => new MeanAggregation(),
  max: () => new MaxAggregation(),
  min: () => new MinAggregation(),
  mul: () => new MulAggregation(),
  var: () => new VarAggregation(),
  std: () => new StdAggregation(),
  median: () => new MedianAggregation(),
  softmax: () => new SoftmaxAggregation(),
  powermean: () => new PowerMeanAggregation(),
} as const;

/** Names that {@link namedAggregation} knows. */
export type AggregationName = keyof typeof makers;

/** An aggregation, or the name of one. @throws InvalidArgumentError for an unknown name, listing those there are */
export function namedAggregation(choice: AggregationName | Aggregation): Aggregation {
  if (typeof choice !== 'string') return choice;
  if (!Object.hasOwn(makers, choice)) {
    throw new InvalidArgumentError(
      `unknown aggregation ${JSON.stringify(choice)}; there are ${Object.keys(makers).join(', ')}`,
    );
  }
  return makers[choice]();
}
