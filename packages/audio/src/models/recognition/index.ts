export * from './ast.js';
export * from './wav2vec2/index.js';
export * from './whisper/index.js';
export * from './conformer.js';
export * from './emformer/index.js';
export * from './rnnt/index.js';
export * from './recognizer/index.js';
export * from './fast-conformer/index.js';
