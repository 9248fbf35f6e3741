export * from './pixel-shuffle.js';
