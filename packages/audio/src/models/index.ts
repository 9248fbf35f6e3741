export * from './enhancement/index.js';
export * from './separation/index.js';
export * from './codecs/index.js';
