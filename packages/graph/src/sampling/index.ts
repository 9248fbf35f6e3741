export { sampleNegativePairs, type NegativePairsOptions, type PairList } from './negative-pairs.js';
