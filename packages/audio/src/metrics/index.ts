export * from './sdr.js';
export * from './separation.js';
