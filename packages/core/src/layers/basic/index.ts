export * from './dropout.js';
export * from './linear.js';
