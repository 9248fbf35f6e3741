export * from './adam.js';
export type { Group, OptimizerOptions, ParameterGroup, ParameterList, Parameters } from './groups.js';
export * from './optimizer.js';
export * from './sgd.js';
export { ParameterState, type Json } from './state.js';
