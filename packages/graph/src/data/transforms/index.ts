export type { Eigenpairs } from './eigenpairs.js';
export { laplacianEigenpairs, laplacianEncoding, type LaplacianEncodingOptions } from './laplacian-encoding.js';
export { randomWalkEncoding } from './random-walk-encoding.js';
