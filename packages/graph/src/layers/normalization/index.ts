export { MessageNorm } from './message-norm.js';
