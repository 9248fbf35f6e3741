export { CheckpointStore } from './checkpoints.js';
export { evaluate, evaluationMode, predictBatches, type Batches } from './evaluate.js';
export * from './fit.js';
export * from './gradients.js';
export { NonFiniteError } from './non-finite.js';
export * from './options.js';
export * from './reporter.js';
export { batchMetric } from './validation.js';
export { loadTrainingState, saveTrainingState, type TrainingState } from './state.js';
