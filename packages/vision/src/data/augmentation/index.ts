export * from './augmentation.js';
export * from './blur-noise.js';
export * from './colour.js';
export * from './geometry.js';
export * from './presets.js';
