export * from './hdemucs/index.js';
export * from './overlapping-chunks.js';
