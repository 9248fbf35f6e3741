import { taken } from '../edge-lists.js';
import type { GraphData } from '../graph.js';
import { joined } from '../rows.js';

/**
 * An edge from each node to itself, after the others; nodes that have one get no second. Loops weigh 1, have attributes of zeros and,
 * where edges have types, a new one. (Layers add loops themselves; see `addRemainingSelfLoops`.)
 */
export function withSelfLoops(graph: GraphData): GraphData {
  const { numNodes, numEdges, edgeWeight, edgeAttr, edgeType, numRelations, relationNames } = graph;
  const [source, destination] = graph.edgeIndex;
  const looped = new Uint8Array(numNodes);
  for (let e = 0; e < numEdges; e++) if (source[e] === destination[e]) looped[source[e]!] = 1;
  const every = Int32Array.from({ length: numNodes }, (_, node) => node);
  const nodes = taken(
    every,
    every.filter((node) => looped[node] === 0),
  );
  if (nodes.length === 0) return graph;
  return graph.with({
    edgeIndex: [joined(Int32Array, [source, nodes]), joined(Int32Array, [destination, nodes])],
    edgeWeight: edgeWeight && joined(Float32Array, [edgeWeight, new Float32Array(nodes.length).fill(1)]),
    edgeAttr: edgeAttr && {
      width: edgeAttr.width,
      values: joined(Float32Array, [edgeAttr.values, new Float32Array(nodes.length * edgeAttr.width)]),
    },
    ...(edgeType === null
      ? {}
      : {
          edgeType: joined(Int32Array, [edgeType, new Int32Array(nodes.length).fill(numRelations)]),
          numRelations: numRelations + 1,
          relationNames: relationNames && [...relationNames, 'self loop'],
        }),
  });
}
