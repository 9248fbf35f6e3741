export * from './error-rate.js';
