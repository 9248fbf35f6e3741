export { tacotron2Options, tacotron2Settings, type Tacotron2Config, type Tacotron2Settings } from './config.js';
export type { Tacotron2Frames } from './decoder.js';
export * from './model.js';
