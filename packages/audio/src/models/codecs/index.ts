export * from './codec-model.js';
export * from './encodec.js';
export * from './encodec-codec.js';
export * from './encodec-original.js';
export * from './encodec-quantizer.js';
export * from './streams.js';
export * from './soundstream.js';
