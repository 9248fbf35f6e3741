export * from './decompositions.js';
export { symmetricEigen } from './host.js';
export * from './indexing.js';
export * from './linear.js';
export * from './products.js';
export * from './rearrange.js';
export * from './reductions.js';
export * from './sorting.js';
