export {
  MaxAggregation,
  MeanAggregation,
  MinAggregation,
  MulAggregation,
  SumAggregation,
  type Aggregation,
} from './aggregation.js';
export { namedAggregation, type AggregationName } from './by-name.js';
export { aggregationOf, wideningOf, type AggregationChoice } from './choice.js';
export { AttentionalAggregation } from './attentional-aggregation.js';
export { DeepSetsAggregation } from './deep-sets-aggregation.js';
export { MultiAggregation, type Combination } from './multi-aggregation.js';
export { MedianAggregation, QuantileAggregation, type QuantileOptions } from './quantile-aggregation.js';
export { GRUAggregation, LSTMAggregation } from './recurrent-aggregation.js';
export { Set2Set } from './set2set.js';
export { SetTransformerAggregation, type SetTransformerOptions } from './set-transformer-aggregation.js';
export { SortAggregation } from './sort-aggregation.js';
export { StdAggregation, VarAggregation, type SpreadOptions } from './statistics.js';
export { PowerMeanAggregation, type PowerMeanAggregationOptions } from './power-mean-aggregation.js';
export { SoftmaxAggregation, type SoftmaxAggregationOptions } from './softmax-aggregation.js';
export { DegreeScalerAggregation, type DegreeScaler } from './degree-scaler-aggregation.js';
