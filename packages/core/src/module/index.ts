export * from './containers.js';
export * as init from './init.js';
export * as layouts from './layout.js';
export type { Layout } from './layout.js';
export * from './module.js';
export * from './parameter.js';
