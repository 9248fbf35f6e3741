export * from './sdr.js';
export * from './separation.js';
export * from './error-rate.js';
export * from './spectral.js';
export * from './nsdr.js';
