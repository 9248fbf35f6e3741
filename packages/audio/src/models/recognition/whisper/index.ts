export * from './config.js';
export * from './model.js';
export * from './prompt.js';
export * from './timestamps.js';
