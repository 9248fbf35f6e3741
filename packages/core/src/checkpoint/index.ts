export * from './checkpoint.js';
export type { Fetch } from './locations.js';
export * from './pretrained.js';
export { renaming, type RenameRule, type Renaming } from './rename.js';
export * from './safetensors.js';
export { loadStateDict, stateDict, type LoadOptions, type TensorSpec } from './state-dict.js';
export type { TensorReader } from './tensor-reader.js';
export * from './values.js';
