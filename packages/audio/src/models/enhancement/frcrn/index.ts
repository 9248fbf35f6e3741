export type { FRCRNConfig } from './config.js';
export * from './frcrn.js';
export * from './loss.js';
export { FrequencyMemory } from './fsmn.js';
