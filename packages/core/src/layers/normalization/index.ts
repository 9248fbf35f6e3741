export * from './batch-norm.js';
export * from './group-norm.js';
export * from './layer-norm.js';
export { DerivedWeight, removeParametrization, type Weighted } from './parametrize.js';
export * from './weight-norm.js';
