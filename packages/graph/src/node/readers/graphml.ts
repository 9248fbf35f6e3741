import { FileError } from '@hourglass/core';
import { DOMParser } from '@xmldom/xmldom';
import { MultiDirectedGraph } from 'graphology';
import { parse } from 'graphology-graphml';
import type { AbstractGraph } from 'graphology-types';
import { fromGraphology, type FromGraphologyOptions } from '../../data/from-graphology.js';
import type { GraphData } from '../../data/graph.js';
import { inFile, readText } from '../files.js';
import { tagProblem } from './xml-tags.js';

/** XML becomes objects of a hundred times its size. */
const defaultMaxBytes = 2 ** 25;
/** Real files have about five levels. */
const deepest = 100;
/** Real files declare a few dozen. */
const mostKeys = 500;
const mostDefaults = 2 ** 22;
/** What the library knows attributes of. */
const owners = ['graph', 'node', 'edge'];

export interface GraphmlOptions extends FromGraphologyOptions {
  /** Most bytes of the file. Default 32 MiB. */
  readonly maxBytes?: number;
}

/**
 * GraphML, read by graphology. Undirected edges become two, also where a file has both kinds.
 *
 * @throws FileError when it is no well-formed XML, declares entities, holds no graph or several, or is too large
 */
export async function readGraphml(path: string, options: GraphmlOptions = {}): Promise<GraphData> {
  const { maxBytes = defaultMaxBytes } = options;
  // a plain document type says nothing here, and the parser is slow with them
  const text = (await readText(path, maxBytes)).replace(/<!DOCTYPE[^<>[]{0,1000}>/, '');
  if (/<!(?:ENTITY|DOCTYPE)/.test(text)) {
    throw new FileError(path, 'declares entities, which no GraphML needs and which can hide harm; remove the DOCTYPE');
  }
  const problem = tagProblem(text, deepest);
  if (problem !== null) throw new FileError(path, `is no well-formed XML: ${problem}`);
  const document = parseXml(path, text);
  normalise(path, document);
  let graph: AbstractGraph;
  try {
    graph = parse(MultiDirectedGraph, document);
  } catch (error) {
    throw new FileError(path, `cannot be read as GraphML: ${(error as Error).message}`, { cause: error });
  }
  return inFile(path, () => fromGraphology(graph, options));
}

function parseXml(path: string, text: string): Document {
  const fail = (message: string): never => {
    throw new FileError(
      path,
      `is no well-formed XML: ${message.replaceAll(/\s+/g, ' ').replace('[xmldom error]', '').trim()}`,
    );
  };
  let document: Document | undefined;
  // the parser reports what a handler throws once more
  let first: string | null = null;
  const report = (message: string): never => {
    first ??= message;
    throw new Error(message);
  };
  try {
    const errorHandler = { warning: report, error: report, fatalError: report };
    document = new DOMParser({ errorHandler }).parseFromString(text, 'application/xml');
  } catch (error) {
    fail(first ?? (error as Error).message);
  }
  // its type promises a document, which an empty file is not
  if (!document?.documentElement) throw new FileError(path, 'is no XML');
  return document;
}

/**
 * Brings what the library does not know into what it knows: it ignores undirected edges of a directed graph, copies the graph for each
 * edge of one that has both kinds, and fails at attributes of ports and at types it has not heard of.
 */
function normalise(path: string, document: Document): void {
  const graphs = document.getElementsByTagName('graph');
  if (graphs.length !== 1)
    throw new FileError(path, `holds ${graphs.length === 0 ? 'no graph' : `${graphs.length} graphs`}`);
  const graph = graphs[0]!;
  const isDirected = graph.getAttribute('edgedefault') === 'directed';
  graph.setAttribute('edgedefault', 'directed');
  const nodes = new Set<string | null>();
  for (const node of Array.from(document.getElementsByTagName('node'))) {
    const id = node.getAttribute('id');
    if (!id) throw new FileError(path, 'has a node without an id');
    if (nodes.has(id)) throw new FileError(path, `has node '${id}' twice`);
    nodes.add(id);
  }
  // lists of elements change while one goes through them
  for (const edge of Array.from(document.getElementsByTagName('edge'))) {
    const own = edge.getAttribute('directed');
    const undirected = own === 'false' || (own !== 'true' && !isDirected);
    const [source, target] = [edge.getAttribute('source'), edge.getAttribute('target')];
    if (!source || !target) throw new FileError(path, 'has an edge without source or target');
    for (const end of [source, target]) {
      if (!nodes.has(end))
        throw new FileError(path, `has an edge from '${source}' to '${target}', but no node '${end}'`);
    }
    if (!undirected || source === target) continue;
    const back = edge.cloneNode(true) as Element;
    back.removeAttribute('id');
    back.setAttribute('source', target);
    back.setAttribute('target', source);
    graph.appendChild(back);
  }
  const keys = Array.from(document.getElementsByTagName('key'));
  const elements = ['node', 'edge'].reduce((sum, name) => sum + document.getElementsByTagName(name).length, 0);
  const withDefault = keys.filter((key) => key.getElementsByTagName('default').length > 0).length;
  // an attribute with a default value is written out for every node or edge
  if (keys.length > mostKeys || withDefault * elements > mostDefaults) {
    throw new FileError(
      path,
      `declares ${keys.length} attributes for ${elements} nodes and edges; keep those that are needed`,
    );
  }
  for (const key of keys) {
    const owner = key.getAttribute('for') || 'all';
    if (!['boolean', 'int', 'long', 'float', 'double', 'string'].includes(key.getAttribute('attr.type') || 'string')) {
      key.setAttribute('attr.type', 'string');
    }
    for (const one of owner === 'all' ? owners : []) {
      const copy = key.cloneNode(true) as Element;
      copy.setAttribute('for', one);
      key.parentNode!.appendChild(copy);
    }
    if (!owners.includes(owner)) key.parentNode!.removeChild(key);
  }
}
