export * from './recognition.js';
