export * from './discriminators/index.js';
