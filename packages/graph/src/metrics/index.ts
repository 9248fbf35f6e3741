export { smoothness, type Smoothness } from './smoothness.js';
