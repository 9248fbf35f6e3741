export * from './cells.js';
export * from './layers.js';
export type { Nonlinearity } from './apply.js';
