export * from './csv.js';
export * from './dataset.js';
