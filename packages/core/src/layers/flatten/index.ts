export * from './flatten.js';
