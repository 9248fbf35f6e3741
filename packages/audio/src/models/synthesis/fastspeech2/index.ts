export { fastSpeech2Settings, type FastSpeech2Config, type FastSpeech2Settings } from './config.js';
export * from './loss.js';
export * from './model.js';
export * from './variance.js';
