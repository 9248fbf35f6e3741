export { toUndirected } from './to-undirected.js';
