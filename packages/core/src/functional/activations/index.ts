export * from './gates.js';
export * from './rectifiers.js';
export { softmax } from './softmax.js';
