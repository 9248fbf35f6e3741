export * from './data/index.js';
export * from './layers/index.js';
export * from './metrics/index.js';
export * from './models/index.js';
export { papers } from './papers.js';
export * from './training/index.js';
