export * from './separation.js';
