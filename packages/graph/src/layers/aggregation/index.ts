export {
  aggregationOf,
  MaxAggregation,
  MeanAggregation,
  MinAggregation,
  MulAggregation,
  SumAggregation,
  type Aggregation,
  type AggregationName,
} from './aggregation.js';
