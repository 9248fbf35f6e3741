export * from './affine-grid.js';
export type { GridPadding } from '../../kernels/grid-sample/spec.js';
export * from './grid-sample.js';
