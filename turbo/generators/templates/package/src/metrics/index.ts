export * from './explained.js';
