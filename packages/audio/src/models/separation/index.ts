export * from './hdemucs/index.js';
export * from './mask-network.js';
export * from './overlapping-chunks.js';
