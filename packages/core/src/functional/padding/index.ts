export * from './pad.js';
