export { Bottleneck, type Bottlenecked } from './bottleneck.js';
export { perplexity } from './code-usage.js';
export { FiniteScalarQuantizer } from './finite-scalar-quantizer.js';
export { GaussianBottleneck, type GaussianBottleneckOptions, type GaussianMoments } from './gaussian.js';
export { IdentityBottleneck } from './identity.js';
export { ResidualVectorQuantizer, type ResidualVectorQuantizerOptions } from './residual-vector-quantizer.js';
export { VectorQuantizer, type VectorQuantizerOptions } from './vector-quantizer.js';
