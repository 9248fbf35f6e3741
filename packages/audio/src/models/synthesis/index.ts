export * from './hifigan.js';
export * from './postnet.js';
export * from './speecht5/index.js';
export * from './tacotron2/index.js';
export * from './fastspeech2/index.js';
export * from './musicgen.js';
