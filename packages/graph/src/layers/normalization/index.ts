export { MessageNorm } from './message-norm.js';
export { BatchNorm } from './batch-norm.js';
export { NoNormalization, normalizationOf, type Normalization, type NormalizationName } from './normalization.js';
