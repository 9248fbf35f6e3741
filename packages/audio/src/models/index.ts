export * from './discriminators/index.js';
export * from './codecs/index.js';
