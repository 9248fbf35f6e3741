export * from './task.js';
export * from './together.js';
