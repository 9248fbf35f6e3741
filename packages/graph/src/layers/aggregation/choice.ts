import type { Aggregation } from './aggregation.js';
import { namedAggregation, type AggregationName } from './by-name.js';
import { MultiAggregation } from './multi-aggregation.js';

/** What an option `aggr` takes: an aggregation, the name of one, or several, whose results stand side by side. */
export type AggregationChoice = AggregationName | Aggregation | ReadonlyArray<AggregationName | Aggregation>;

/** The aggregation that was chosen. @throws InvalidArgumentError for an unknown name, listing those there are */
export function aggregationOf(choice: AggregationChoice): Aggregation {
  return isSeveral(choice) ? new MultiAggregation(choice) : namedAggregation(choice);
}

/** How many times wider the choice's results are than its rows. */
export function wideningOf(choice: AggregationChoice): number {
  return isSeveral(choice) ? choice.length : 1;
}

function isSeveral(choice: AggregationChoice): choice is ReadonlyArray<AggregationName | Aggregation> {
  return Array.isArray(choice);
}
