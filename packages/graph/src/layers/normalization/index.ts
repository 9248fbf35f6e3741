export { BatchNorm } from './batch-norm.js';
export { DiffGroupNorm, type DiffGroupNormOptions } from './diff-group-norm.js';
export { GraphNorm } from './graph-norm.js';
export { GraphSizeNorm } from './graph-size-norm.js';
export { InstanceNorm, type InstanceNormOptions } from './instance-norm.js';
export { LayerNorm, type LayerNormOptions } from './layer-norm.js';
export { MeanSubtractionNorm } from './mean-subtraction-norm.js';
export { MessageNorm } from './message-norm.js';
export {
  NoNormalization,
  normalizationOf,
  type Normalization,
  type NormalizationName,
  type NormalizationOptions,
} from './normalization.js';
export { PairNorm, type PairNormOptions } from './pair-norm.js';
