import { join } from 'node:path';
import { FileError, InvalidArgumentError } from '@hourglass/core';
import { GraphData } from '../../data/graph.js';
import type { Triples } from '../../data/triples.js';
import { findIn, forEachLine, inFile, namesIn } from '../files.js';
import { checkPlausible } from './collection.js';
import { Growing, Vocabulary } from './growing.js';

/** A knowledge graph, split for the prediction of links. */
export interface KnowledgeGraph {
  readonly numEntities: number;
  readonly numRelations: number;
  readonly train: Triples;
  readonly valid: Triples;
  readonly test: Triples;
  readonly entityNames: readonly string[] | null;
  readonly relationNames: readonly string[] | null;
}

/** One graph of the triples: an edge from head to tail with the relation as its type. */
export function graphOfTriples(of: KnowledgeGraph, triples: Triples = of.train): GraphData {
  return new GraphData({
    numNodes: of.numEntities,
    edgeIndex: [triples.head, triples.tail],
    edgeType: triples.relation,
    numRelations: of.numRelations,
    nodeNames: of.entityNames,
    relationNames: of.relationNames,
  });
}

const extensions = ['tsv', 'txt', 'csv'];
const filesNamed = (...stems: readonly string[]): string[] =>
  stems.flatMap((stem) => extensions.map((extension) => `${stem}.${extension}`));

/** Files of a folder of triples. */
export const tripleFiles = {
  train: filesNamed('train'),
  valid: filesNamed('valid', 'val', 'dev'),
  test: filesNamed('test'),
  all: filesNamed('triples'),
  entities: [...filesNamed('entities', 'entitys'), 'entities.dict'],
  relations: [...filesNamed('relations'), 'relations.dict'],
  classes: filesNamed('classes'),
} as const;

/**
 * Triples `head<TAB>relation<TAB>tail`, as ids or names, in `train`, `valid` and `test` (.tsv or .txt, packed or not), with
 * `entities` and `relations` (a name a line, in the order of the ids; or id and name) where they are: FB15k-237, WN18RR and others.
 */
export async function readTriples(folder: string, maxBytes?: number): Promise<KnowledgeGraph> {
  const names = await namesIn(folder);
  const reader = await TripleReader.open(folder, names, maxBytes);
  const train = findIn(folder, names, tripleFiles.train);
  if (train === null) throw new FileError(join(folder, 'train.tsv'), 'is missing');
  const splits = [train, findIn(folder, names, tripleFiles.valid), findIn(folder, names, tripleFiles.test)];
  const [first, valid, test] = [
    await reader.read(splits[0]!),
    await reader.read(splits[1]!),
    await reader.read(splits[2]!),
  ];
  return inFile(folder, () => ({ ...reader.counts(), train: first, valid, test }));
}

/**
 * One graph whose edges have relations and of whose nodes some have classes, as R-GCN's node classification uses them (AIFB, …):
 * `triples`, and `train` and `test` with `node<TAB>class`; `entities`, `relations` and `classes` with names. Other nodes have class -1.
 */
export async function readLabelledTriples(folder: string, maxBytes?: number): Promise<GraphData> {
  const names = await namesIn(folder);
  const reader = await TripleReader.open(folder, names, maxBytes);
  const path = findIn(folder, names, tripleFiles.all);
  if (path === null) throw new FileError(join(folder, 'triples.tsv'), 'is missing');
  const triples = await reader.read(path);
  const { numEntities, numRelations, entityNames, relationNames } = inFile(path, () => reader.counts());
  const y = new Int32Array(numEntities).fill(-1);
  const masks = {
    trainMask: new Uint8Array(numEntities),
    valMask: new Uint8Array(numEntities),
    testMask: new Uint8Array(numEntities),
  };
  for (const [mask, candidates] of [
    [masks.trainMask, tripleFiles.train],
    [masks.valMask, tripleFiles.valid],
    [masks.testMask, tripleFiles.test],
  ] as const) {
    const file = findIn(folder, names, candidates);
    if (file === null) continue;
    await forEachLine(file, maxBytes, (line, number) => {
      if (line.trim() === '') return;
      const [node, label, ...more] = line.split('\t').map(Number);
      const isId = (value: number | undefined, below: number): boolean =>
        value !== undefined && Number.isInteger(value) && value >= 0 && value < below;
      if (!isId(node, numEntities) || !isId(label, 1e6) || more.length > 0) {
        throw new FileError(
          file,
          `line ${number}: '${line.slice(0, 60)}' is no node (of ${numEntities}) and class, separated by a tab`,
        );
      }
      y[node!] = label!;
      mask[node!] = 1;
    });
  }
  const classFile = findIn(folder, names, tripleFiles.classes);
  const classNames = classFile === null ? null : await readNames(classFile, maxBytes);
  return inFile(folder, () => {
    const hasVal = masks.valMask.includes(1);
    return new GraphData({
      numNodes: numEntities,
      edgeIndex: [triples.head, triples.tail],
      edgeType: triples.relation,
      numRelations,
      y,
      ...(classNames === null ? {} : { numClasses: classNames.length }),
      classNames,
      ...masks,
      valMask: hasVal ? masks.valMask : null,
      nodeNames: entityNames,
      relationNames,
    });
  });
}

/** A name a line; or its number and the name, separated by a tab. */
async function readNames(path: string, maxBytes: number | undefined): Promise<string[]> {
  const names: string[] = [];
  await forEachLine(path, maxBytes, (line) => names.push(line));
  const numbered = names.every((name, i) => name.startsWith(`${i}\t`));
  return numbered && names.length > 0 ? names.map((name, i) => name.slice(String(i).length + 1)) : names;
}

class TripleReader {
  #entities: Vocabulary | null = null;
  #relations: Vocabulary | null = null;
  /** Decided by the first triple. */
  #named: boolean | null = null;
  #most = [-1, -1];
  #count = 0;

  private constructor(
    private readonly entityNames: readonly string[] | null,
    private readonly relationNames: readonly string[] | null,
    private readonly maxBytes: number | undefined,
  ) {}

  static async open(folder: string, names: readonly string[], maxBytes: number | undefined): Promise<TripleReader> {
    const [entities, relations] = [
      findIn(folder, names, tripleFiles.entities),
      findIn(folder, names, tripleFiles.relations),
    ];
    return new TripleReader(
      entities === null ? null : await readNames(entities, maxBytes),
      relations === null ? null : await readNames(relations, maxBytes),
      maxBytes,
    );
  }

  async read(path: string | null): Promise<Triples> {
    const [head, relation, tail] = [new Growing(Int32Array), new Growing(Int32Array), new Growing(Int32Array)];
    if (path !== null) {
      await forEachLine(path, this.maxBytes, (line, number) => {
        if (line === '') return;
        const fields = line.split('\t');
        if (fields.length !== 3) {
          throw new FileError(
            path,
            `line ${number} has ${fields.length} fields; a triple is head, relation and tail, separated by tabs`,
          );
        }
        this.#named ??= !fields.every((field) => /^\d+$/.test(field));
        const at = { path, number };
        head.push(this.#number(0, fields[0]!, at));
        relation.push(this.#number(1, fields[1]!, at));
        tail.push(this.#number(0, fields[2]!, at));
        this.#count++;
      });
    }
    return { head: head.take(), relation: relation.take(), tail: tail.take() };
  }

  counts(): Pick<KnowledgeGraph, 'numEntities' | 'numRelations' | 'entityNames' | 'relationNames'> {
    const entityNames = this.entityNames ?? this.#entities?.names ?? null;
    const relationNames = this.relationNames ?? this.#relations?.names ?? null;
    const numEntities = entityNames?.length ?? this.#most[0]! + 1;
    const numRelations = relationNames?.length ?? this.#most[1]! + 1;
    if (entityNames === null) checkPlausible(numEntities, this.#count);
    if (numRelations > 1000 + 100 * this.#count)
      throw new InvalidArgumentError(`there would be ${numRelations} relations`);
    return { numEntities, numRelations, entityNames, relationNames };
  }

  #number(kind: 0 | 1, field: string, { path, number }: { readonly path: string; readonly number: number }): number {
    const names = kind === 0 ? this.entityNames : this.relationNames;
    const what = kind === 0 ? 'entity' : 'relation';
    if (this.#named) {
      const vocabulary =
        kind === 0 ? (this.#entities ??= new Vocabulary(names)) : (this.#relations ??= new Vocabulary(names));
      const id = vocabulary.numberOf(field);
      if (id < 0) throw new FileError(path, `line ${number}: there is no ${what} '${field.slice(0, 60)}'`);
      return id;
    }
    const id = /^\d{1,10}$/.test(field) ? Number(field) : -1;
    if (id < 0 || id >= (names?.length ?? 2 ** 31 - 1)) {
      const rule = names === null ? 'a whole number from 0 on' : `one of ${names.length}`;
      throw new FileError(path, `line ${number}: ${what} '${field.slice(0, 60)}' is not ${rule}`);
    }
    this.#most[kind] = Math.max(this.#most[kind]!, id);
    return id;
  }
}
