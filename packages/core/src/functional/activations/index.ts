export * from './gates.js';
export * from './glu.js';
export * from './piecewise.js';
export * from './rectifiers.js';
export * from './snake.js';
export { logSoftmax, logsumexp, softmax, softmin } from './softmax.js';
export * from './special.js';
export { gumbelSoftmax, type GumbelSoftmaxOptions } from './gumbel-softmax.js';
