export * from './upsample.js';
