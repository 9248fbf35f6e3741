export * from './adversarial.js';
export * from './balancer.js';
export * from './mel-reconstruction.js';
export * from './mixture-consistency.js';
export * from './permutation-invariant.js';
export * from './sdr.js';
export * from './transducer/index.js';
export * from './guided-attention.js';
