import { FileError } from '@hourglass/core';
import type { GraphData } from '../../data/graph.js';
import { nodeFields, type Cell, type NodeColumnOptions } from '../../data/node-columns.js';
import { findIn, forEachLine, inFile, namesIn } from '../files.js';
import { isComment, splitterFor, type Split } from './delimited.js';
import { readEdgeList } from './edge-list.js';

const files = (stem: string): string[] => ['csv', 'tsv', 'txt'].map((extension) => `${stem}.${extension}`);
const edgeFiles = files('edges');
const nodeFiles = files('nodes');
const idNames = ['id', 'name', 'node', 'node_id', 'key'];

/** The tables of a folder, or null. */
export function tablesIn(
  folder: string,
  names: readonly string[],
): { readonly edges: string; readonly nodes: string } | null {
  const [edges, nodes] = [findIn(folder, names, edgeFiles), findIn(folder, names, nodeFiles)];
  return edges === null || nodes === null ? null : { edges, nodes };
}

/**
 * Two tables in a folder: `nodes.csv` with a header, whose column `id` names the nodes and whose other columns are features, labels
 * and split ({@link NodeColumnOptions}), and `edges.csv`, an edge list. Tabs and .tsv do as well.
 */
export async function readTables(
  folder: string,
  options: NodeColumnOptions & { readonly maxBytes?: number } = {},
): Promise<GraphData> {
  const found = tablesIn(folder, await namesIn(folder));
  if (found === null) throw new FileError(folder, 'holds no nodes.csv and edges.csv');
  const { names, columns } = await readNodes(found.nodes, options.maxBytes);
  const graph = await readEdgeList(found.edges, {
    names,
    ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }),
  });
  return inFile(found.nodes, () => graph.with(nodeFields(columns, names.length, options)));
}

async function readNodes(
  path: string,
  maxBytes: number | undefined,
): Promise<{ readonly names: readonly string[]; readonly columns: ReadonlyMap<string, readonly Cell[]> }> {
  let split: Split | null = null;
  let header: readonly string[] = [];
  let idColumn = 0;
  const cells: string[][] = [];
  const names = new Set<string>();
  await forEachLine(path, maxBytes, (line, number) => {
    const text = number === 1 ? line.replace(/^\uFEFF/, '') : line;
    if (isComment(text.trim())) return;
    if (split === null) {
      split = splitterFor(text);
      header = split(text);
      idColumn = Math.max(
        0,
        header.findIndex((name) => idNames.includes(name.toLowerCase())),
      );
      const twice = header.find((name, i) => header.indexOf(name) !== i);
      if (twice !== undefined) throw new FileError(path, `has two columns '${twice}'`);
      header.forEach(() => cells.push([]));
      return;
    }
    const fields = split(text);
    if (fields.length !== header.length) {
      throw new FileError(path, `line ${number} has ${fields.length} fields, the header has ${header.length}`);
    }
    const name = fields[idColumn]!;
    if (name === '' || names.has(name))
      throw new FileError(path, `line ${number}: ${name === '' ? 'no id' : `node '${name}' again`}`);
    names.add(name);
    fields.forEach((field, column) => cells[column]!.push(field));
  });
  const columns = header
    .map((name, column) => [name, cells[column]!] as const)
    .filter((_, column) => column !== idColumn);
  return { names: [...names], columns: new Map(columns) };
}
