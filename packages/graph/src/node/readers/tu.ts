import { basename, dirname, join } from 'node:path';
import { FileError, InvalidArgumentError } from '@hourglass/core';
import { distinctEdges, taken } from '../../data/edge-lists.js';
import { GraphData } from '../../data/graph.js';
import { takeRows, type DenseRows, type RowsLike } from '../../data/rows.js';
import { findIn, forEachLine, inFile, namesIn } from '../files.js';
import { oneHotRows, type GraphCollection } from './collection.js';

/** `MUTAG` of `…/MUTAG_A.txt`, or null. */
export function tuName(names: readonly string[]): string | null {
  for (const name of names) {
    const stem = /^(.+)_A\.txt(?:\.gz)?$/.exec(name)?.[1];
    if (stem !== undefined && findIn('', names, [`${stem}_graph_indicator.txt`]) !== null) return stem;
  }
  return null;
}

/**
 * A collection as TU Dortmund publishes it (Morris et al. 2020, arXiv:2007.08663): `NAME_A.txt`, `NAME_graph_indicator.txt` and, where
 * they are, labels and attributes of graphs, nodes and edges. Features are a node's attributes and then its labels one-hot, as in
 * PyTorch Geometric; edge attributes likewise. Loops and duplicate edges are left out.
 *
 * @param path the folder, or one of its files
 */
export async function readTu(path: string, maxBytes?: number): Promise<GraphCollection> {
  const inside = /^(.+)_A\.txt(?:\.gz)?$/.exec(basename(path))?.[1];
  const folder = inside === undefined ? path : dirname(path);
  const names = await namesIn(folder);
  const name = inside ?? tuName(names);
  if (name === null) throw new FileError(folder, 'holds no NAME_A.txt with NAME_graph_indicator.txt');
  const load = async (part: string): Promise<Table | null> => {
    const found = findIn(folder, names, [`${name}_${part}.txt`]);
    return found === null ? null : readTable(found, maxBytes);
  };
  const needed = async (part: string): Promise<Table> => {
    const table = await load(part);
    if (table === null) throw new FileError(join(folder, `${name}_${part}.txt`), 'is missing');
    return table;
  };
  const [adjacency, indicator] = [await needed('A'), await needed('graph_indicator')];
  const graphOf = inFile(indicator.path, () => graphsOfNodes(indicator));
  const edges = inFile(adjacency.path, () => endsOf(adjacency, graphOf));
  const count = graphOf.at(-1) === undefined ? 0 : graphOf.at(-1)! + 1;
  const perNode = rowsOf(await load('node_attributes'), await load('node_labels'), graphOf.length);
  const perEdge = rowsOf(await load('edge_attributes'), await load('edge_labels'), edges[0].length);
  const targets = await load('graph_attributes');
  const y = targets === null ? classesOf(await load('graph_labels'), count) : rowsOf(targets, null, count)!;
  return inFile(folder, () => ({ graphs: split(graphOf, count, edges, perNode, perEdge, y), testFolds: null }));
}

/** Numbers by rows, separated by commas. */
interface Table {
  readonly path: string;
  readonly width: number;
  readonly values: number[];
}

async function readTable(path: string, maxBytes?: number): Promise<Table> {
  const values: number[] = [];
  let width = 0;
  await forEachLine(path, maxBytes, (line, number) => {
    if (line.trim() === '') return;
    const fields = line.split(',');
    width ||= fields.length;
    if (fields.length !== width)
      throw new FileError(path, `line ${number} has ${fields.length} numbers, the first has ${width}`);
    for (const field of fields) {
      const value = field.trim() === '' ? NaN : Number(field);
      if (!Number.isFinite(value))
        throw new FileError(path, `line ${number}: '${field.trim().slice(0, 40)}' is no number`);
      values.push(value);
    }
  });
  return { path, width, values };
}

/** The graph of each node, from 0; a graph's nodes stand together. */
function graphsOfNodes({ width, values }: Table): Int32Array {
  if (width > 1) throw new InvalidArgumentError('must have one number in a line');
  const graphs = Int32Array.from(values, (value) => value - 1);
  values.forEach((value, node) => {
    const before = node === 0 ? 1 : values[node - 1]!;
    if (value !== graphs[node]! + 1 || value < before || value > before + 1) {
      throw new InvalidArgumentError(
        `line ${node + 1}: graph ${value} after graph ${before}; they must be 1, 2, … in order`,
      );
    }
  });
  return graphs;
}

function endsOf({ width, values }: Table, graphOf: Int32Array): readonly [Int32Array, Int32Array] {
  if (width !== 2 && values.length > 0) throw new InvalidArgumentError('must have two nodes in a line');
  const ends = [new Int32Array(values.length / 2), new Int32Array(values.length / 2)] as const;
  values.forEach((value, i) => {
    if (!Number.isInteger(value) || value < 1 || value > graphOf.length) {
      throw new InvalidArgumentError(`edge ${(i >> 1) + 1} has node ${value}; there are ${graphOf.length}, from 1 on`);
    }
    ends[i % 2 === 0 ? 0 : 1][i >> 1] = value - 1;
  });
  ends[0].forEach((node, e) => {
    if (graphOf[node] !== graphOf[ends[1][e]!])
      throw new InvalidArgumentError(`edge ${e + 1} leads from one graph to another`);
  });
  return ends;
}

/** Attributes and then labels one-hot, column by column. */
function rowsOf(attributes: Table | null, labels: Table | null, count: number): DenseRows | null {
  const parts = [attributes, labels].filter((table) => table !== null);
  for (const { path, width, values } of parts) {
    const rows = width === 0 ? 0 : values.length / width;
    if (rows !== count) throw new FileError(path, `has ${rows} lines, ${count} are needed`);
  }
  const columns: DenseRows[] = [];
  if (attributes !== null) columns.push({ width: attributes.width, values: Float32Array.from(attributes.values) });
  for (let column = 0; column < (labels?.width ?? 0); column++) {
    const { path, width, values } = labels!;
    const numbers = Array.from({ length: count }, (_, row) => values[row * width + column]!);
    const lowest = numbers.reduce((least, value) => Math.min(least, value), Infinity);
    const shifted = numbers.map((value) => value - lowest);
    const kinds = shifted.reduce((most, value) => Math.max(most, value + 1), 0);
    columns.push(inFile(path, () => oneHotRows('labels', shifted, kinds)));
  }
  return columns.length === 0 ? null : sideBySide(columns, count);
}

function sideBySide(parts: readonly DenseRows[], count: number): DenseRows {
  if (parts.length === 1) return parts[0]!;
  const width = parts.reduce((sum, part) => sum + part.width, 0);
  const values = new Float32Array(count * width);
  let first = 0;
  for (const part of parts) {
    for (let row = 0; row < count; row++) {
      values.set(part.values.subarray(row * part.width, (row + 1) * part.width), row * width + first);
    }
    first += part.width;
  }
  return { width, values };
}

/** Labels in their order, numbered from 0. */
function classesOf(labels: Table | null, count: number): Int32Array | null {
  if (labels === null) return null;
  const { path, width, values } = labels;
  if (width !== 1 || values.length !== count) throw new FileError(path, `needs one label for each of ${count} graphs`);
  const kinds = [...new Set(values)].sort((a, b) => a - b);
  const number = new Map(kinds.map((kind, i) => [kind, i]));
  return Int32Array.from(values, (value) => number.get(value)!);
}

function split(
  graphOf: Int32Array,
  count: number,
  [source, destination]: readonly [Int32Array, Int32Array],
  perNode: DenseRows | null,
  perEdge: DenseRows | null,
  y: Int32Array | DenseRows | null,
): GraphData[] {
  const first = new Int32Array(count + 1).fill(graphOf.length);
  for (let node = graphOf.length - 1; node >= 0; node--) first[graphOf[node]!] = node;
  const kept = distinctEdges([source, destination], graphOf.length);
  const numClasses = y instanceof Int32Array ? y.reduce((most, label) => Math.max(most, label + 1), 0) : 0;
  let at = 0;
  return Array.from({ length: count }, (_, g) => {
    const [from, to] = [first[g]!, first[g + 1]!];
    const start = at;
    // they are sorted by source, and so by graph
    while (at < kept.length && source[kept[at]!]! < to) at++;
    const edges = kept.subarray(start, at);
    const label: RowsLike | readonly number[] | null =
      y === null ? null : y instanceof Int32Array ? [y[g]!] : takeRows(y, [g]);
    return new GraphData({
      numNodes: to - from,
      edgeIndex: [
        taken(source, edges).map((node) => node - from),
        taken(destination, edges).map((node) => node - from),
      ],
      x: perNode && { width: perNode.width, values: perNode.values.slice(from * perNode.width, to * perNode.width) },
      edgeAttr: perEdge && takeRows(perEdge, edges),
      y: label,
      yOf: 'graph',
      ...(y instanceof Int32Array ? { numClasses } : {}),
    });
  });
}
