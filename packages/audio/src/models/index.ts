export * from './recognition/index.js';
export * from './codecs/index.js';
