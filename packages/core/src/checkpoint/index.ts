export * from './checkpoint.js';
export * from './pretrained.js';
export { renaming, type RenameRule, type Renaming } from './rename.js';
export * from './safetensors.js';
export { loadStateDict, stateDict, type LoadOptions, type TensorSpec } from './state-dict.js';
export * from './values.js';
