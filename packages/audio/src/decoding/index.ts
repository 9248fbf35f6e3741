export * from './ctc-beam.js';
export * from './ctc-greedy.js';
export { type Frames, type Hypothesis } from './frames.js';
export { type Fusion, type LanguageModel } from './language-model.js';
export * from './rnnt-beam.js';
export * from './rnnt-greedy.js';
export { type TransducerModel } from './transducer.js';
