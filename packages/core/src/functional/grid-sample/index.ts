export * from './affine-grid.js';
export type { GridPadding } from './coordinates.js';
export * from './grid-sample.js';
