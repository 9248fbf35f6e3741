export type { OutputSize } from './adaptive-windows.js';
export * from './average.js';
export type { AvgPoolOptions, MaxPoolOptions, PoolOptions } from './geometry.js';
export * from './max.js';
