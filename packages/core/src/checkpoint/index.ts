export * from './safetensors.js';
export * from './values.js';
