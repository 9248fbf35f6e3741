export * from './frcrn/index.js';
