export * from './colour.js';
export * from './filter.js';
export * from './geometry.js';
export * from './warp.js';
