export * from './separation/index.js';
