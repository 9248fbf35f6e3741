import type * as tf from '@tensorflow/tfjs-core';
import { check } from '@hourglass/core';
import { edgeTypeName, type EdgeType } from '../../data/hetero-graph.js';
import type { EdgeIndex } from '../../edges/index.js';
import { checkFeatures } from '../message-passing.js';

/** The types of nodes and of edges that a heterogeneous layer is made for; a HeteroGraph has them. */
export interface HeteroMetadata {
  readonly nodeTypes: readonly string[];
  readonly edgeTypes: readonly EdgeType[];
}

/** Values by type of node, float32 [nodes of the type, width]. */
export type ByNodeType = Readonly<Record<string, tf.Tensor>>;

/** Edges by their type's name, `author__writes__paper`. */
export type ByEdgeType = Readonly<Record<string, EdgeIndex>>;

/** The width of each type's features, where one or a record of them is given. */
export function widthsOf(
  layer: string,
  inChannels: number | Readonly<Record<string, number>>,
  { nodeTypes }: HeteroMetadata,
): ReadonlyArray<readonly [type: string, width: number]> {
  return nodeTypes.map((type) => {
    const width = typeof inChannels === 'number' ? inChannels : inChannels[type];
    check(width !== undefined, () => `${layer}: inChannels says nothing of the nodes '${type}'`);
    return [type, width];
  });
}

/** The types, of those that a layer knows, that there are edges of, each with its edges; checked against the features. */
export function presentEdges(
  layer: string,
  edgeTypes: readonly EdgeType[],
  x: ByNodeType,
  edges: ByEdgeType,
): ReadonlyArray<{ readonly type: EdgeType; readonly name: string; readonly edges: EdgeIndex }> {
  const known = new Map(edgeTypes.map((type) => [edgeTypeName(type), type]));
  for (const name of Object.keys(edges)) {
    check(known.has(name), () => `${layer} was not made for edges ${name}; it knows ${[...known.keys()].join(', ')}`);
  }
  return [...known].flatMap(([name, type]) => {
    const given = edges[name];
    if (given === undefined) return [];
    for (const [side, count] of [
      [type[0], given.sources],
      [type[2], given.destinations],
    ] as const) {
      check(x[side] !== undefined, () => `${layer}: edges ${name} need features of the nodes '${side}'`);
      checkFeatures(`${layer} ('${side}' of ${name})`, x[side], count);
    }
    return [{ type, name, edges: given }];
  });
}
