export * from './recognition.js';
export * from './separation.js';
