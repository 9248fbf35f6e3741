export * from './autoencoders/index.js';
