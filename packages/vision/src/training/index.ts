export * from './evaluate.js';
export * from './loss.js';
export { predictLabels } from './predict.js';
export * from './train.js';
