import { edgesWithoutReverse } from '../edge-order.js';
import { taken } from '../edge-lists.js';
import type { GraphData } from '../graph.js';
import { takeRows } from '../rows.js';

/**
 * Adds the reverse of each edge that has none, with the same weight, attributes and type. Edges that are there stay as they are, in
 * their order, duplicates too; the new ones follow. `graph.summary().withoutReverse` says how many they will be.
 */
export function toUndirectedGraph(graph: GraphData): GraphData {
  const lonely = edgesWithoutReverse(...graph.edgeIndex, graph.numNodes);
  if (lonely.length === 0) return graph;
  const [source, destination] = graph.edgeIndex;
  const { edgeWeight, edgeAttr, edgeType, numEdges } = graph;
  const origin = new Int32Array(numEdges + lonely.length).map((_, e) => (e < numEdges ? e : lonely[e - numEdges]!));
  const ends = (first: Int32Array, second: Int32Array): Int32Array => {
    const list = new Int32Array(origin.length);
    list.set(first);
    list.set(taken(second, lonely), numEdges);
    return list;
  };
  return graph.with({
    edgeIndex: [ends(source, destination), ends(destination, source)],
    edgeWeight: edgeWeight && Float32Array.from(origin, (e) => edgeWeight[e]!),
    edgeAttr: edgeAttr && takeRows(edgeAttr, origin),
    ...(edgeType === null ? {} : { edgeType: taken(edgeType, origin) }),
  });
}
