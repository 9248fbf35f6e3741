import { InvalidArgumentError, check } from '@hourglass/core';
import { MultiGraph } from 'graphology';
import { fromGraphology, type FromGraphologyOptions } from '../../data/from-graphology.js';
import type { GraphData } from '../../data/graph.js';
import { isObject, type JsonObject } from './json-values.js';

/** Whether it is a graph as graphology exports it, or as networkx (`node_link_data`) and d3 write it. */
export function isNodeLinkJson(value: unknown): value is JsonObject {
  return isObject(value) && Array.isArray(value['nodes']) && edgesOf(value) !== undefined;
}

function edgesOf(json: JsonObject): readonly unknown[] | undefined {
  const edges = json['edges'] ?? json['links'];
  return Array.isArray(edges) ? edges : undefined;
}

/**
 * A graph as nodes and edges with attributes: graphology's export (`nodes: [{key, attributes}]`, `edges: [{source, target, …}]`), or
 * networkx's and d3's (`nodes: [{id, …}]`, `links: [{source, target, …}]`, `directed`).
 *
 * @throws InvalidArgumentError naming the node or edge that is wrong
 */
export function graphOfNodeLink(json: JsonObject, options: FromGraphologyOptions = {}): GraphData {
  const whole = isObject(json['options']) ? json['options'] : {};
  // graphology's own files are directed unless they say otherwise, the others undirected
  const isExport = (json['nodes'] as readonly unknown[]).every((node) => isObject(node) && 'key' in node);
  const isDirected = isExport ? whole['type'] !== 'undirected' : json['directed'] === true;
  const graph = new MultiGraph();
  (json['nodes'] as readonly unknown[]).forEach((node, i) => {
    check(isObject(node), () => `node ${i} is no object`);
    const { id, key = id, attributes, ...rest } = node;
    const name = nameOf(key, `node ${i}`);
    check(!graph.hasNode(name), () => `node ${i}: there is a node '${name.slice(0, 60)}' already`);
    graph.addNode(name, plain(isExport ? attributes : rest));
  });
  edgesOf(json)!.forEach((edge, i) => {
    check(isObject(edge), () => `edge ${i} is no object`);
    const { source, target, attributes, undirected, key: _, ...rest } = edge;
    const [from, to] = [nameOf(source, `source of edge ${i}`), nameOf(target, `target of edge ${i}`)];
    for (const end of [from, to]) check(graph.hasNode(end), () => `edge ${i}: there is no node '${end.slice(0, 60)}'`);
    const values = plain(isExport ? attributes : rest);
    if (typeof undirected === 'boolean' ? undirected : !isDirected) graph.addUndirectedEdge(from, to, values);
    else graph.addDirectedEdge(from, to, values);
  });
  return fromGraphology(graph, options);
}

function nameOf(value: unknown, what: string): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new InvalidArgumentError(`${what} is ${JSON.stringify(value)?.slice(0, 60)}, no name or number of a node`);
}

function plain(value: unknown): Record<string, unknown> {
  return isObject(value) ? { ...value } : {};
}
