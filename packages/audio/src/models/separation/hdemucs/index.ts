export type { HDemucsConfig } from './config.js';
export * from './hdemucs.js';
