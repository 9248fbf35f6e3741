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
export { PowerMeanAggregation, type PowerMeanAggregationOptions } from './power-mean-aggregation.js';
export { SoftmaxAggregation, type SoftmaxAggregationOptions } from './softmax-aggregation.js';
