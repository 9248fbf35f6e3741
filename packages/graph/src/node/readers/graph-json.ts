import { InvalidArgumentError } from '@hourglass/core';
import { checkedEdgeIndex, maskOf } from '../../data/checks.js';
import { bothDirections, type EdgeEnds } from '../../data/edge-lists.js';
import { GraphData } from '../../data/graph.js';
import type { GraphCollection } from './collection.js';
import { checkOneHot, checkPlausible, oneHotRows } from './collection.js';
import { countAt, flatPairs, integersAt, isObject, numbersAt, type JsonObject } from './json-values.js';

/** Whether it has the fields of {@link graphOfJson}. */
export function isGraphJson(value: unknown): value is JsonObject {
  return isObject(value) && 'numNodes' in value && Array.isArray(value['edges']);
}

/**
 * One graph as JSON: `numNodes`, `edges` (flat, u0, v0, u1, v1, …, undirected, each once), and where there are: `featIndptr`,
 * `featIndices` and `numFeatures` (ones, by compressed rows), `labels` and `numClasses`, lists of nodes `train`, `val`, `test`.
 */
export function graphOfJson(json: JsonObject): GraphData {
  const numNodes = countAt(json, 'numNodes');
  const described = [json['edges'], json['labels'], json['featIndptr']].map((list) =>
    Array.isArray(list) ? list.length : 0,
  );
  checkPlausible(numNodes, Math.max(...described));
  const part = (name: string): Uint8Array | null => (name in json ? maskOf(numbersAt(json, name), numNodes) : null);
  return new GraphData({
    numNodes,
    edgeIndex: undirected(json, 'edges', numNodes),
    x:
      'featIndptr' in json
        ? {
            width: countAt(json, 'numFeatures'),
            pointer: integersAt(json, 'featIndptr'),
            columns: integersAt(json, 'featIndices'),
            values: null,
          }
        : null,
    y: 'labels' in json ? numbersAt(json, 'labels') : null,
    ...('numClasses' in json ? { numClasses: countAt(json, 'numClasses') } : {}),
    trainMask: part('train'),
    valMask: part('val'),
    testMask: part('test'),
    undirected: true,
  });
}

/** Whether it has the fields of {@link collectionOfJson}. */
export function isCollectionJson(value: unknown): value is JsonObject {
  return (
    isObject(value) && Array.isArray(value['graphs']) && isObject(value['graphs'][0]) && 'edges' in value['graphs'][0]
  );
}

/**
 * Many graphs as JSON: `graphs`, each with `label`, `edges` (flat, undirected, each once), `tags` (a kind for each node, from 0) or
 * `numNodes`; and `numTags`, `numClasses`, `testFolds` (lists of graphs). Tags become one-hot features.
 */
export function collectionOfJson(json: JsonObject): GraphCollection {
  const list = json['graphs'] as readonly unknown[];
  const numClasses = 'numClasses' in json ? countAt(json, 'numClasses') : undefined;
  const given = 'numTags' in json && json['numTags'] !== null ? countAt(json, 'numTags') : 0;
  const items = list.map((item, g) => {
    if (!isObject(item)) throw new InvalidArgumentError(`graph ${g} is no object`);
    return item;
  });
  const tags = items.map((item) => (Array.isArray(item['tags']) ? numbersAt(item, 'tags') : null));
  const numTags = tags.reduce((most, of) => (of ?? []).reduce((most, tag) => Math.max(most, tag + 1), most), given);
  const nodes = tags.reduce((sum, of) => sum + (of?.length ?? 0), 0);
  checkOneHot('tags', nodes, numTags);
  const graphs = items.map((item, g) => {
    try {
      const edges = flatPairs(item, 'edges');
      const own = tags[g] ?? null;
      const numNodes = own?.length ?? ('numNodes' in item ? countAt(item, 'numNodes') : beyond(edges));
      checkPlausible(numNodes, edges[0].length + (own?.length ?? 0));
      return new GraphData({
        numNodes,
        edgeIndex: undirected(item, 'edges', numNodes),
        x: own !== null && numTags > 0 ? oneHotRows('tags', own, numTags) : null,
        y: 'label' in item ? [labelOf(item)] : null,
        yOf: 'graph',
        ...(numClasses === undefined ? {} : { numClasses }),
      });
    } catch (error) {
      throw new InvalidArgumentError(`graph ${g}: ${(error as Error).message}`, { cause: error });
    }
  });
  return { graphs, testFolds: 'testFolds' in json ? foldsOf(json['testFolds'], graphs.length) : null };
}

/** @throws InvalidArgumentError when it is no number */
function labelOf({ label }: JsonObject): number {
  if (typeof label === 'number') return label;
  throw new InvalidArgumentError('"label" must be a number');
}

function beyond(edges: readonly [number[], number[]]): number {
  return edges.flat().reduce((most, node) => Math.max(most, node + 1), 0);
}

function undirected(json: JsonObject, name: string, numNodes: number): EdgeEnds {
  return bothDirections(checkedEdgeIndex(name, flatPairs(json, name), [numNodes, numNodes]), numNodes);
}

function foldsOf(value: unknown, count: number): readonly Int32Array[] {
  if (!Array.isArray(value)) throw new InvalidArgumentError('"testFolds" must be lists of graphs');
  return value.map((_, fold) => {
    const ids = numbersAt(value as unknown as JsonObject, String(fold));
    const odd = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= count);
    if (odd !== undefined) throw new InvalidArgumentError(`fold ${fold} lists graph ${odd}, there are ${count}`);
    return Int32Array.from(ids);
  });
}
