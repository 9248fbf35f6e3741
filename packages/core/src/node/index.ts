// `@hourglass/core/node`: what needs Node's files, for packages that read and write them
export * from './files.js';
export { findInputs, type Input, type InputKind } from './inputs.js';
