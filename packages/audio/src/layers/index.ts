export * from './speech/index.js';
