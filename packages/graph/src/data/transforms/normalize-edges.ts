import { check } from '@hourglass/core';
import type { GraphData } from '../graph.js';

/**
 * Weights of the edges divided by degrees, which are sums of the weights that lead to a node. `symmetric`: w / √(d_source · d_destination),
 * that is D^-1/2 A D^-1/2 (Kipf and Welling 2016, arXiv:1609.02907); `random-walk`: w / d_destination, that is D^-1 A. Without loops,
 * unless the graph has them ({@link withSelfLoops}); layers normalise themselves, so this is for graphs that go elsewhere.
 *
 * @throws InvalidArgumentError when the weights that lead to a node add up to less than zero
 */
export function normalizeEdges(graph: GraphData, by: 'symmetric' | 'random-walk'): GraphData {
  const { numNodes, numEdges } = graph;
  const [source, destination] = graph.edgeIndex;
  const weight = graph.edgeWeight ?? new Float32Array(numEdges).fill(1);
  const degree = new Float64Array(numNodes);
  for (let e = 0; e < numEdges; e++) degree[destination[e]!]! += weight[e]!;
  const negative = degree.findIndex((sum) => sum < 0);
  check(negative < 0, () => `normalizeEdges: the weights that lead to node ${negative} add up to ${degree[negative]}`);
  const inverse = degree.map((sum) => (sum === 0 ? 0 : by === 'symmetric' ? 1 / Math.sqrt(sum) : 1 / sum));
  const edgeWeight = weight.map((value, e) => {
    const scale = inverse[destination[e]!]!;
    return value * (by === 'symmetric' ? inverse[source[e]!]! * scale : scale);
  });
  return graph.with({ edgeWeight });
}
