export * from './bilinear.js';
export * from './dropout.js';
export * from './embedding.js';
export * from './linear.js';
