import { basename, dirname, join } from 'node:path';
import { FileError, InvalidArgumentError } from '@hourglass/core';
import { maskOf } from '../../data/checks.js';
import { bothDirections } from '../../data/edge-lists.js';
import { GraphData } from '../../data/graph.js';
import type { SparseRows } from '../../data/rows.js';
import { inFile, namesIn, readBytes, readLines } from '../files.js';
import { csrMatrix, numberArray, type CsrMatrix } from '../pickle/numpy.js';
import { unpickle } from '../pickle/unpickle.js';

/** `cora` of `…/ind.cora.graph`, or null. @throws FileError when the folder holds several data sets */
export function planetoidName(folder: string, names: readonly string[]): string | null {
  const found = names.flatMap((name) => /^ind\.(.+)\.graph$/.exec(name)?.[1] ?? []);
  if (found.length > 1)
    throw new FileError(folder, `holds several data sets (${found.join(', ')}); name one file of one`);
  return found[0] ?? null;
}

/**
 * The citation graphs as Planetoid published them (Yang et al. 2016, arXiv:1603.08861): `ind.NAME.{x,tx,allx,y,ty,ally,graph}`, pickles
 * of Python 2, and `ind.NAME.test.index`. Nodes are in the order that Kipf's GCN gives them, edges go both ways, without loops and
 * duplicates; the training nodes are those of x, the next 500 validate. Nodes of the test set that no file describes (Citeseer) have
 * zeros for features and class -1.
 *
 * @param path the folder, or one of its files
 * @throws FileError naming the file that is missing, damaged, or no pickle of data
 */
export async function readPlanetoid(path: string, maxBytes?: number): Promise<GraphData> {
  const inside = /^ind\.(.+)\.(?:x|tx|allx|y|ty|ally|graph|test\.index)$/.exec(basename(path));
  const folder = inside === null ? path : dirname(path);
  const names = await namesIn(folder);
  const name = inside?.[1] ?? planetoidName(folder, names);
  if (name === null) throw new FileError(folder, 'holds no ind.NAME.graph');
  const fileOf = (part: string): string => join(folder, `ind.${name}.${part}`);
  for (const part of ['allx', 'tx', 'x', 'ally', 'ty', 'y', 'graph', 'test.index']) {
    if (!names.includes(`ind.${name}.${part}`)) {
      throw new FileError(
        fileOf(part),
        'is missing; the eight files ind.*.{x,tx,allx,y,ty,ally,graph,test.index} belong together',
      );
    }
  }
  const load = async <T>(part: string, make: (bytes: Uint8Array) => T): Promise<T> => {
    const bytes = await readBytes(fileOf(part), maxBytes);
    return inFile(fileOf(part), () => make(bytes));
  };
  const features = (part: string): Promise<CsrMatrix> => load(part, (bytes) => csrMatrix(part, unpickle(bytes)));
  const [allx, tx] = [await features('allx'), await features('tx')];
  const classes = (part: string): Promise<Labels> => load(part, (bytes) => labels(part, bytes));
  const [ally, ty, y] = [await classes('ally'), await classes('ty'), await classes('y')];
  const listed = await readLines(fileOf('test.index'), maxBytes);
  const known = allx.shape[0];
  const test = inFile(fileOf('test.index'), () => testIndex(fileOf('test.index'), listed, known));
  // Citeseer leaves out some nodes between the first and the last of the test set
  const numNodes = test.reduce((most, node) => Math.max(most, node + 1), known);
  if (numNodes > known + 10 * test.length + 1000) {
    throw new FileError(
      fileOf('test.index'),
      `lists node ${numNodes - 1}, far beyond the ${known + test.length} that are described`,
    );
  }
  for (const [part, rows, of] of [
    ['ally', ally.classes.length, known],
    ['tx', tx.shape[0], test.length],
    ['ty', ty.classes.length, test.length],
  ] as const) {
    if (rows !== of) throw new FileError(fileOf(part), `has ${rows} rows, ${of} are needed`);
  }
  const edgeIndex = await load('graph', (bytes) => bothDirections(adjacency(bytes, numNodes), numNodes));
  const rowOf = new Int32Array(numNodes).fill(-1);
  const all = new Int32Array(numNodes).fill(-1);
  all.set(ally.classes);
  test.forEach((node, i) => {
    rowOf[node] = i;
    all[node] = ty.classes[i]!;
  });
  const train = y.classes.length;
  return inFile(folder, () => {
    const upTo = (first: number, last: number): Uint8Array =>
      Uint8Array.from({ length: numNodes }, (_, node) => Number(node >= first && node < last));
    return new GraphData({
      numNodes,
      edgeIndex,
      x: featureRows(allx, tx, rowOf),
      y: all,
      numClasses: ally.count,
      trainMask: upTo(0, train),
      valMask: upTo(train, Math.min(train + 500, known)),
      testMask: maskOf(test, numNodes),
      undirected: true,
    });
  });
}

interface Labels {
  readonly classes: Int32Array;
  readonly count: number;
}

/** One-hot rows as classes; -1 for a row of zeros. */
function labels(part: string, bytes: Uint8Array): Labels {
  const { shape, values } = numberArray(part, unpickle(bytes));
  const [rows = 0, count = 0] = shape;
  // rows of no columns take no bytes, so that there might be any number of them
  if (count === 0)
    throw new InvalidArgumentError(
      `the pickle has ${part} of shape [${shape.join(', ')}], a column for each class is needed`,
    );
  const classes = new Int32Array(rows).fill(-1);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < count; column++) if (values[row * count + column]! > 0) classes[row] = column;
  }
  return { classes, count };
}

function testIndex(path: string, lines: readonly string[], known: number): number[] {
  const nodes = lines.map((line, i) => {
    const node = Number(line);
    if (!Number.isInteger(node) || node < known || node >= 2 ** 31) {
      throw new FileError(path, `line ${i + 1} is '${line.slice(0, 40)}'; test nodes come after the ${known} of allx`);
    }
    return node;
  });
  if (new Set(nodes).size < nodes.length) throw new FileError(path, 'lists a node twice');
  return nodes;
}

/** The ends in a dictionary of neighbour lists. */
function adjacency(bytes: Uint8Array, numNodes: number): readonly [Int32Array, Int32Array] {
  const dict = unpickle(bytes);
  if (!(dict instanceof Map)) throw new InvalidArgumentError('the pickle is no dictionary of neighbours');
  const ends: [number[], number[]] = [[], []];
  const isNode = (value: unknown): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < numNodes;
  for (const [node, neighbours] of dict) {
    if (!isNode(node) || !Array.isArray(neighbours))
      throw new InvalidArgumentError('the pickle has a key that is no node');
    // a list may be referred to many times, so that a small file could describe endless edges
    if (ends[0].length + neighbours.length > bytes.length)
      throw new InvalidArgumentError('the pickle repeats its lists of neighbours');
    for (const other of neighbours) {
      if (!isNode(other))
        throw new InvalidArgumentError(`the pickle has an edge from node ${node} to what is none of ${numNodes} nodes`);
      ends[0].push(node);
      ends[1].push(other);
    }
  }
  return [Int32Array.from(ends[0]), Int32Array.from(ends[1])];
}

/** Rows of allx, then those of tx where the test set has them. */
function featureRows(allx: CsrMatrix, tx: CsrMatrix, rowOf: Int32Array): SparseRows {
  const known = allx.shape[0];
  const pointer = new Int32Array(rowOf.length + 1);
  const columns: number[] = [];
  const values: number[] = [];
  for (let node = 0; node < rowOf.length; node++) {
    const [from, row] = node < known ? [allx, node] : [tx, rowOf[node]!];
    for (let p = row < 0 ? 0 : from.pointer[row]!; p < (row < 0 ? 0 : from.pointer[row + 1]!); p++) {
      columns.push(from.columns[p]!);
      values.push(from.values[p]!);
    }
    pointer[node + 1] = columns.length;
  }
  const isOnes = values.every((value) => value === 1);
  return {
    width: Math.max(allx.shape[1], tx.shape[1]),
    pointer,
    columns: Int32Array.from(columns),
    values: isOnes ? null : Float32Array.from(values),
  };
}
