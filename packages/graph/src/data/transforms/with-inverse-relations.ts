import { check } from '@hourglass/core';
import type { GraphData } from '../graph.js';
import { joined } from '../rows.js';

/**
 * An edge back for each edge, after the others, with the same weight and attributes, and of a relation of its own: type +
 * numRelations. So that messages of relational layers go both ways.
 *
 * @throws InvalidArgumentError when edges have no types
 */
export function withInverseRelations(graph: GraphData): GraphData {
  const { edgeWeight, edgeAttr, edgeType, numRelations, relationNames } = graph;
  const [source, destination] = graph.edgeIndex;
  check(edgeType !== null, 'the edges of the graph have no relations; a folder of triples has');
  return graph.with({
    edgeIndex: [joined(Int32Array, [source, destination]), joined(Int32Array, [destination, source])],
    edgeWeight: edgeWeight && joined(Float32Array, [edgeWeight, edgeWeight]),
    edgeAttr: edgeAttr && { width: edgeAttr.width, values: joined(Float32Array, [edgeAttr.values, edgeAttr.values]) },
    edgeType: joined(Int32Array, [edgeType, edgeType.map((type) => type + numRelations)]),
    numRelations: 2 * numRelations,
    relationNames: relationNames && [...relationNames, ...relationNames.map((name) => `inverse of ${name}`)],
  });
}
