export * from './codec-model.js';
export { dacFamilies, DacModel, type DacConfig, type DacQuantizedFrames } from './dac.js';
export {
  DacResidualVectorQuantizer,
  DacVectorQuantize,
  type DacQuantized,
  type DacQuantizerOptions,
} from './dac-quantizer.js';
export * from './encodec.js';
export * from './encodec-codec.js';
export * from './encodec-original.js';
export * from './encodec-quantizer.js';
export { mimiFamilies, MimiModel, type MimiConfig } from './mimi.js';
export { MimiSplitResidualVectorQuantizer, type MimiQuantizerOptions } from './mimi-quantizer.js';
export * from './oobleck.js';
export * from './streams.js';
export * from './soundstream.js';
export * from './load-codec.js';
export type { ChunkSizes } from './chunks.js';
export * from './codec-bitstream.js';
export { codecFingerprint } from './fingerprint.js';
export * from './temporal-compressing.js';
