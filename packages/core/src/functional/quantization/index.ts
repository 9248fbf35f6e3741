export {
  residualVectorQuantize,
  vectorQuantize,
  type ResidualVectorQuantization,
  type VectorQuantization,
} from './vector-quantize.js';
export { codeStatistics, emaCodebookUpdate, type CodeStatistics, type EmaCodebookOptions } from './statistics.js';
