export * from './padding.js';
