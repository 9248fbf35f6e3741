export { bitsPerCode } from './bits.js';
export type { CodeBlock } from './block.js';
export { BitstreamError } from './errors.js';
export { bitRate, bitstreamVersion, type BitstreamHeader } from './header.js';
export * from './reader.js';
export * from './writer.js';
