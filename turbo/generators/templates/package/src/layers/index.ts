export * from './conv-block.js';
