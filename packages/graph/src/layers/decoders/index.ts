export { createEdgeDecoder, type EdgeDecoderConfig } from './config.js';
export type { EdgeDecoder } from './decoder.js';
export { DistMultDecoder } from './dist-mult.js';
export { InnerProductDecoder } from './inner-product.js';
export { MlpDecoder, type MlpDecoderOptions } from './mlp.js';
export { DistanceDecoder } from './distance.js';
