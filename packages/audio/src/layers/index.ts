export * from './film.js';
export * from './pad-ends.js';
export * from './seanet.js';
export * from './streamable-conv.js';
export * from './streamable-conv-transpose.js';
export * from './streamable-lstm.js';
export * from './streaming.js';
