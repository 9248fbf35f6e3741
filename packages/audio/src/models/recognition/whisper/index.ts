export * from './config.js';
export type { WhisperFallback } from './fallback.js';
export * from './model.js';
export * from './prompt.js';
export * from './timestamps.js';
export * from './transcriber.js';
export * from './vocabulary.js';
