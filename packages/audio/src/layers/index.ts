export * from './pad-ends.js';
export * from './seanet.js';
export * from './snake-units.js';
export * from './streamable-conv.js';
export * from './streamable-conv-transpose.js';
export * from './streamable-lstm.js';
export * from './streaming.js';
export * from './window-transformer.js';
