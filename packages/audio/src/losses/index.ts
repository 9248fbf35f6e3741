export * from './adversarial.js';
export * from './balancer.js';
export * from './mel-reconstruction.js';
