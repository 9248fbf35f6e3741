export {
  graphLayouts,
  openGraph,
  openGraphData,
  openGraphs,
  openTriples,
  type GraphLayout,
  type OpenGraphOptions,
  type OpenedGraphs,
} from './open.js';
export type { GraphCollection } from './readers/collection.js';
export type { EdgeListOptions } from './readers/edge-list.js';
export { graphOfTriples, type KnowledgeGraph } from './readers/triples.js';
