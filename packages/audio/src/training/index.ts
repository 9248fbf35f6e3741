export * from './enhancement.js';
export * from './mask-network.js';
