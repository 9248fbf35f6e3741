export * from './pruned.js';
export { type Edges } from './recursion.js';
export * from './rnnt.js';
export * from './simple.js';
