import type { GraphData } from '../graph.js';

/**
 * The number of edges that lead to each node, one-hot, for features; more than `most` count as `most`. For graphs whose nodes have none.
 *
 * @returns a graph with most + 1 features
 */
export function oneHotDegree(graph: GraphData, most: number): GraphData {
  const width = most + 1;
  const values = new Float32Array(graph.numNodes * width);
  const degree = new Int32Array(graph.numNodes);
  for (const node of graph.edgeIndex[1]) degree[node]!++;
  degree.forEach((count, node) => (values[node * width + Math.min(count, most)] = 1));
  return graph.with({ x: { width, values } });
}
