export * from './batch.js';
export * from './sequence.js';
export * from './waves.js';
