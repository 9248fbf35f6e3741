export * from './ctc-beam.js';
export * from './ctc-greedy.js';
export { type Frames, type Hypothesis } from './frames.js';
export { type Fusion, type LanguageModel } from './language-model.js';
