export * from './recognition/index.js';
