import { EdgeIndex } from './edge-index.js';

/** The edges turned round: where one led from a to b, it leads from b to a. Kept with the edges; do not dispose them. */
export function reverseEdges(edges: EdgeIndex): EdgeIndex {
  return edges.derived(
    'reverse',
    () => new EdgeIndex([edges.destination, edges.source], [edges.destinations, edges.sources]),
  );
}
