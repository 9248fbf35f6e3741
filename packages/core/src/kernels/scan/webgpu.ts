export * from './gru-webgpu.js';
export * from './lstm-webgpu.js';
export * from './rnn-webgpu.js';
