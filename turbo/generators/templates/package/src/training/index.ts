export * from './evaluate.js';
export * from './train.js';
