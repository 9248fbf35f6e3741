export { ExponentialMovingAverage } from '../optim/index.js';
