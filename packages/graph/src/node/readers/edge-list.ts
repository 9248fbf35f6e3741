import { FileError } from '@hourglass/core';
import { GraphData } from '../../data/graph.js';
import { forEachLine, inFile } from '../files.js';
import { checkPlausible } from './collection.js';
import { isComment, numberOf, splitterFor, type Split } from './delimited.js';
import { Growing, Vocabulary } from './growing.js';

export interface EdgeListOptions {
  /** Whether the first line names the columns. Default: looks at it. */
  readonly header?: boolean;
  /** Whether nodes are numbers from 0 on, or names, which are numbered as they come. Default: as the first edge looks. */
  readonly ids?: 'numbers' | 'names';
  /** Number of nodes, when some have no edge. Default: as many as are named. */
  readonly numNodes?: number;
  /** Names that are given already; others are errors. */
  readonly names?: readonly string[];
  readonly maxBytes?: number;
}

const sourceNames = [
  'source',
  'src',
  'from',
  'head',
  'u',
  'node1',
  'node_1',
  'source_id',
  'from_node_id',
  'id1',
  'id_1',
];
const destinationNames = [
  'target',
  'dst',
  'to',
  'tail',
  'v',
  'node2',
  'node_2',
  'destination',
  'target_id',
  'id2',
  'id_2',
];
const weightNames = ['weight', 'w', 'value'];
const typeNames = ['type', 'relation', 'edge_type'];

/**
 * An edge a line: two nodes, and where there are, numbers. Separated by tabs, commas, semicolons or spaces; `#`, `%` and `//` begin
 * comments. One number more, or a column named `weight`, is the edge's weight; a column named `type` its relation; others are its
 * attributes. Edges stay as they are: one direction, loops and duplicates.
 *
 * @throws FileError naming the line that is wrong
 */
export async function readEdgeList(path: string, options: EdgeListOptions = {}): Promise<GraphData> {
  const reader = new EdgeListReader(path, options);
  await forEachLine(path, options.maxBytes, (line, number) => {
    const text = line.trim();
    if (!isComment(text)) reader.add(number === 1 ? text.replace(/^\uFEFF/, '') : text, number);
  });
  return inFile(path, () => reader.graph());
}

/** Places of the columns. */
interface Columns {
  readonly count: number;
  readonly source: number;
  readonly destination: number;
  readonly weight: number;
  readonly type: number;
  readonly others: readonly number[];
}

class EdgeListReader {
  readonly #source = new Growing(Int32Array);
  readonly #destination = new Growing(Int32Array);
  readonly #weight = new Growing(Float32Array);
  readonly #type = new Growing(Int32Array);
  readonly #attributes = new Growing(Float32Array);
  readonly #vocabulary: Vocabulary;
  #split: Split | null = null;
  #columns: Columns | null = null;
  #named: boolean;
  #largest = -1;

  constructor(
    private readonly path: string,
    private readonly options: EdgeListOptions,
  ) {
    this.#vocabulary = new Vocabulary(options.names ?? null);
    this.#named = options.names !== undefined || options.ids === 'names';
  }

  add(line: string, number: number): void {
    this.#split ??= splitterFor(line);
    const fields = this.#split(line);
    if (this.#columns === null) {
      if (fields.length < 2) throw this.#error(number, `'${shown(line)}' is no edge; it needs two nodes`);
      const isHeader = this.options.header ?? looksLikeHeader(fields);
      this.#columns = columnsOf(isHeader ? fields.map((field) => field.toLowerCase()) : fields, isHeader);
      if (isHeader) return;
    }
    const columns = this.#columns;
    if (fields.length !== columns.count) {
      throw this.#error(number, `has ${fields.length} fields, the first line has ${columns.count}`);
    }
    const [source, destination] = [fields[columns.source]!, fields[columns.destination]!];
    if (this.#source.length === 0 && this.options.ids === undefined && !this.#named) {
      this.#named = Number.isNaN(numberOf(source)) || Number.isNaN(numberOf(destination));
    }
    this.#source.push(this.#node(source, number));
    this.#destination.push(this.#node(destination, number));
    if (columns.weight >= 0) this.#weight.push(this.#number(fields[columns.weight]!, number));
    if (columns.type >= 0) {
      const type = this.#number(fields[columns.type]!, number);
      if (!Number.isInteger(type) || type < 0 || type > 1e6)
        throw this.#error(number, `the type ${type} is no number from 0 on`);
      this.#type.push(type);
    }
    for (const column of columns.others) this.#attributes.push(this.#number(fields[column]!, number));
  }

  graph(): GraphData {
    const { options } = this;
    const edges = this.#source.length;
    const names = this.#named ? (options.names ?? this.#vocabulary.names) : null;
    const numNodes = options.numNodes ?? names?.length ?? this.#largest + 1;
    if (options.numNodes === undefined) checkPlausible(numNodes, names?.length ?? edges);
    const width = this.#columns?.others.length ?? 0;
    return new GraphData({
      numNodes,
      edgeIndex: [this.#source.take(), this.#destination.take()],
      edgeWeight: (this.#columns?.weight ?? -1) >= 0 ? this.#weight.take() : null,
      edgeType: (this.#columns?.type ?? -1) >= 0 ? this.#type.take() : null,
      edgeAttr: width > 0 ? { width, values: this.#attributes.take() } : null,
      nodeNames: names?.length === numNodes ? names : null,
    });
  }

  #node(field: string, line: number): number {
    if (this.#named) {
      if (field === '') throw this.#error(line, 'an edge has a node without a name');
      const node = this.#vocabulary.numberOf(field);
      if (node < 0) throw this.#error(line, `there is no node '${shown(field)}'`);
      return node;
    }
    const id = numberOf(field);
    if (!Number.isInteger(id) || id < 0 || id >= 2 ** 31 - 1) {
      throw this.#error(
        line,
        `'${shown(field)}' is no number of a node, from 0 on; if nodes have names, say ids: 'names'`,
      );
    }
    if (id > this.#largest) this.#largest = id;
    return id;
  }

  #number(field: string, line: number): number {
    const value = numberOf(field);
    if (!Number.isFinite(value)) throw this.#error(line, `'${shown(field)}' is no number`);
    return value;
  }

  #error(line: number, what: string): FileError {
    return new FileError(this.path, `line ${line}: ${what}`);
  }
}

function shown(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function looksLikeHeader(fields: readonly string[]): boolean {
  const names = fields.map((field) => field.toLowerCase());
  return names.some((name) => sourceNames.includes(name)) && names.some((name) => destinationNames.includes(name));
}

function columnsOf(fields: readonly string[], isHeader: boolean): Columns {
  const find = (names: readonly string[]): number =>
    isHeader ? fields.findIndex((field) => names.includes(field)) : -1;
  let [source, destination, weight] = [find(sourceNames), find(destinationNames), find(weightNames)];
  const type = find(typeNames);
  if (source < 0 || destination < 0) [source, destination] = [0, 1];
  if (!isHeader && fields.length === 3) weight = 2;
  const used = [source, destination, weight, type];
  const others = fields.flatMap((_, column) => (used.includes(column) ? [] : [column]));
  return { count: fields.length, source, destination, weight, type, others };
}
