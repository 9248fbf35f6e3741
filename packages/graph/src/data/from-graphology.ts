import { check } from '@hourglass/core';
import type { AbstractGraph } from 'graphology-types';
import { GraphData } from './graph.js';
import { nodeFields, type Cell, type NodeColumnOptions } from './node-columns.js';

export interface FromGraphologyOptions extends NodeColumnOptions {
  /** The attribute that is an edge's weight. Default `weight`, where all edges have it. */
  readonly weight?: string;
}

/** Values of attributes of nodes, missing ones too. */
const mostCells = 2 ** 25;

/**
 * A graph of the graphology library. Nodes keep their order and names; an undirected edge becomes two. Attributes of nodes become
 * features, labels and split as {@link NodeColumnOptions} says.
 */
export function fromGraphology(graph: AbstractGraph, options: FromGraphologyOptions = {}): GraphData {
  const names = graph.nodes();
  const numberOf = new Map(names.map((name, i) => [name, i]));
  const columns = new Map<string, Cell[]>();
  graph.forEachNode((name, attributes) => {
    for (const [key, value] of Object.entries(attributes)) {
      let column = columns.get(key);
      if (column === undefined) {
        // a column for each node would take memory that the nodes do not account for
        check(
          (columns.size + 1) * names.length <= mostCells,
          () => `the nodes have more than ${columns.size} different attributes; keep those that are features`,
        );
      }
      if (column === undefined) columns.set(key, (column = Array.from<Cell>({ length: names.length }).fill(null)));
      if (typeof value !== 'object') column[numberOf.get(name)!] = value as Cell;
    }
  });
  const ends: [number[], number[]] = [[], []];
  const weights: number[] = [];
  const weight = options.weight ?? 'weight';
  graph.forEachEdge((_, attributes, source, target, __, ___, isUndirected) => {
    const [from, to] = [numberOf.get(source)!, numberOf.get(target)!];
    for (const [u, v] of isUndirected && from !== to
      ? [[from, to] as const, [to, from] as const]
      : [[from, to] as const]) {
      ends[0].push(u);
      ends[1].push(v);
      if (attributes[weight] !== undefined) weights.push(Number(attributes[weight]));
    }
  });
  const weighted = weights.length > 0;
  check(
    !(weighted || options.weight !== undefined) || weights.length === ends[0].length,
    () => `${weights.length} of ${ends[0].length} edges have the attribute '${weight}'; all must, or none`,
  );
  return new GraphData({
    numNodes: names.length,
    edgeIndex: ends,
    edgeWeight: weighted ? weights : null,
    nodeNames: names,
    ...nodeFields(columns, names.length, options),
  });
}
