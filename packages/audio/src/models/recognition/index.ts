export * from './conformer.js';
export * from './emformer/index.js';
export * from './rnnt/index.js';
