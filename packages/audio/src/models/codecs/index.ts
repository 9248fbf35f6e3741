export * from './codec-model.js';
export * from './streams.js';
