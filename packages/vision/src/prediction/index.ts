export * from './predict-mask.js';
