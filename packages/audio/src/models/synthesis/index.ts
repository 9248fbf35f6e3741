export * from './hifigan.js';
export * from './postnet.js';
export * from './speecht5/index.js';
