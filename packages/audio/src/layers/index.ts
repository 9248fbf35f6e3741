export * from './dual-path.js';
export * from './filterbanks/index.js';
export * from './separation-activations.js';
export * from './separation-norms.js';
export * from './single-rnn.js';
export * from './speech/index.js';
export * from './layer-scale.js';
export * from './standardise.js';
export * from './film.js';
export * from './pad-ends.js';
export * from './seanet.js';
export * from './snake-units.js';
export * from './streamable-conv.js';
export * from './streamable-conv-transpose.js';
export * from './streamable-lstm.js';
export {
  IdentityStream,
  isStreamable,
  SequentialStream,
  SumStream,
  type LayerStream,
  type Streamable,
} from './streaming.js';
export * from './window-transformer.js';
