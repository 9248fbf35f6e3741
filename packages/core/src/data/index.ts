export * from './collate.js';
export { exampleContext, type Dataset, type ExampleContext } from './dataset.js';
export { deriveGenerator } from './derive.js';
export * from './helpers.js';
export * from './loader.js';
export * from './splits.js';
export { disposeTensors } from './tensors-in.js';
export * from './text-infilling.js';
