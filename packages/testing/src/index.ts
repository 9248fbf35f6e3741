export * from './checks.js';
export { testModel } from './test-model.js';
