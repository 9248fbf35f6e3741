import { EdgeIndex } from './edge-index.js';

/**
 * The graph that leads from each edge, taken as a node, to the node that the edge leads to. Products over it sum or compare
 * vectors of edges at their destinations without copies of the nodes' vectors. Kept with the edges.
 */
export function edgesAsSources(edges: EdgeIndex): EdgeIndex {
  return edges.derived('edges as sources', () => {
    const numbers = new Int32Array(edges.edges).map((_, e) => e);
    return new EdgeIndex([numbers, edges.destination], [edges.edges, edges.destinations]);
  });
}
