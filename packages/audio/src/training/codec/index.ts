export * from './adversary.js';
export * from './scores.js';
export type { Sounds } from './segments.js';
export * from './train-codec.js';
