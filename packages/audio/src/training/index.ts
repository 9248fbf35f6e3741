export * from './codec/index.js';
export * from './recognition.js';
export * from './enhancement.js';
export * from './mask-network.js';
export * from './separation.js';
export * from './audio-slots.js';
