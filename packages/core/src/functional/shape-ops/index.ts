export * from './cumulative.js';
export * from './distance.js';
export * from './einsum.js';
export * from './embedding.js';
export * from './rearrange.js';
