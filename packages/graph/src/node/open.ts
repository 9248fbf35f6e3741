import { extname } from 'node:path';
import { FileError, InvalidArgumentError } from '@hourglass/core';
import type { FromGraphologyOptions } from '../data/from-graphology.js';
import type { GraphData } from '../data/graph.js';
import { toUndirectedGraph } from '../data/transforms/to-undirected-graph.js';
import { findIn, inFile, isFolder, namesIn } from './files.js';
import type { GraphCollection } from './readers/collection.js';
import { readEdgeList, type EdgeListOptions } from './readers/edge-list.js';
import { collectionOfJson, graphOfJson, isCollectionJson, isGraphJson } from './readers/graph-json.js';
import { readGraphml } from './readers/graphml.js';
import { graphOfNodeLink, isNodeLinkJson } from './readers/graphology-json.js';
import { readJson } from './readers/json-values.js';
import { planetoidName, readPlanetoid } from './readers/planetoid.js';
import { readTables, tablesIn } from './readers/tables.js';
import {
  graphOfTriples,
  readLabelledTriples,
  readTriples,
  tripleFiles,
  type KnowledgeGraph,
} from './readers/triples.js';
import { readTu, tuName } from './readers/tu.js';

/** How a data set lies on the disk; the readers say what each means. */
export const graphLayouts = [
  'planetoid',
  'tu',
  'json',
  'tables',
  'edge-list',
  'triples',
  'labelled-triples',
  'graphml',
] as const;
export type GraphLayout = (typeof graphLayouts)[number];

export interface OpenGraphOptions extends EdgeListOptions, FromGraphologyOptions {
  /** Default `auto`: by the names and contents of the files. */
  readonly layout?: GraphLayout | 'auto';
  /** Adds the reverse of every edge that has none, for files that list each undirected edge once. */
  readonly undirected?: boolean;
  /** Most bytes of a file, unpacked. Default 2 GiB; for GraphML 32 MiB. */
  readonly maxBytes?: number;
}

/** What a path holds: one graph, many, or a knowledge graph split by triples. */
export type OpenedGraphs = { readonly layout: GraphLayout } & (
  | { readonly kind: 'graph'; readonly graph: GraphData }
  | ({ readonly kind: 'graphs' } & GraphCollection)
  | { readonly kind: 'triples'; readonly triples: KnowledgeGraph }
);

/**
 * Opens a data set of any layout.
 *
 * @param path a file or a folder; files may be packed (.gz)
 * @throws FileError when nothing is there, the layout is not recognised, or a file is damaged
 */
export async function openGraphData(path: string, options: OpenGraphOptions = {}): Promise<OpenedGraphs> {
  const { layout = 'auto', maxBytes } = options;
  if (layout !== 'auto' && !graphLayouts.includes(layout)) {
    throw new InvalidArgumentError(`there is no layout '${String(layout)}'; there are ${graphLayouts.join(', ')}`);
  }
  const chosen = layout === 'auto' ? await layoutOf(path) : layout;
  const one = (graph: GraphData): OpenedGraphs => ({
    layout: chosen,
    kind: 'graph',
    graph: options.undirected ? toUndirectedGraph(graph) : graph,
  });
  switch (chosen) {
    case 'planetoid':
      return one(await readPlanetoid(path, maxBytes));
    case 'tu':
      return { layout: chosen, kind: 'graphs', ...(await readTu(path, maxBytes)) };
    case 'tables':
      return one(await readTables(path, options));
    case 'edge-list':
      return one(await readEdgeList(path, options));
    case 'triples':
      return { layout: chosen, kind: 'triples', triples: await readTriples(path, maxBytes) };
    case 'labelled-triples':
      return one(await readLabelledTriples(path, maxBytes));
    case 'graphml':
      return one(await readGraphml(path, options));
    case 'json': {
      const json = await readJson(path, maxBytes);
      if (isCollectionJson(json)) {
        return { layout: chosen, kind: 'graphs', ...inFile(path, () => collectionOfJson(json)) };
      }
      if (isGraphJson(json)) return one(inFile(path, () => graphOfJson(json)));
      if (isNodeLinkJson(json)) return one(inFile(path, () => graphOfNodeLink(json, options)));
      throw new FileError(path, 'holds no graph: no "numNodes" and "edges", no "graphs", no "nodes" and "links"');
    }
  }
}

/** {@link openGraphData} for one graph; of a knowledge graph the training triples. @throws FileError when there are many */
export async function openGraph(path: string, options: OpenGraphOptions = {}): Promise<GraphData> {
  const opened = await openGraphData(path, options);
  if (opened.kind === 'graph') return opened.graph;
  if (opened.kind === 'triples') return inFile(path, () => graphOfTriples(opened.triples));
  throw new FileError(
    path,
    `holds ${opened.graphs.length} graphs; openGraphs() and the task graph-classification read them`,
  );
}

/** {@link openGraphData} for many graphs. @throws FileError when there is one */
export async function openGraphs(path: string, options: OpenGraphOptions = {}): Promise<GraphCollection> {
  const opened = await openGraphData(path, options);
  if (opened.kind === 'graphs') return opened;
  throw new FileError(path, 'holds one graph; openGraph() and the tasks on one graph read it');
}

/** {@link openGraphData} for a knowledge graph. @throws FileError when it is none */
export async function openTriples(path: string, options: OpenGraphOptions = {}): Promise<KnowledgeGraph> {
  const opened = await openGraphData(path, options);
  if (opened.kind === 'triples') return opened.triples;
  throw new FileError(path, 'holds no triples split into train, valid and test');
}

async function layoutOf(path: string): Promise<GraphLayout> {
  if (!(await isFolder(path))) {
    const plain = path.replace(/\.gz$/, '');
    if (/(^|[\\/])ind\.[^\\/]+\.(x|tx|allx|y|ty|ally|graph|test\.index)$/.test(plain)) return 'planetoid';
    if (plain.endsWith('_A.txt')) return 'tu';
    const extension = extname(plain).toLowerCase();
    if (extension === '.json') return 'json';
    if (extension === '.graphml' || extension === '.xml') return 'graphml';
    if (['.csv', '.tsv', '.txt', '.edges', '.edgelist', '.el', '.cites'].includes(extension)) return 'edge-list';
    throw new FileError(path, `its layout is not recognised by its name; say which: ${graphLayouts.join(', ')}`);
  }
  const names = await namesIn(path);
  if (planetoidName(path, names) !== null) return 'planetoid';
  if (tuName(names) !== null) return 'tu';
  if (tablesIn(path, names) !== null) return 'tables';
  if (findIn(path, names, tripleFiles.all) !== null) return 'labelled-triples';
  if (findIn(path, names, tripleFiles.train) !== null) return 'triples';
  throw new FileError(
    path,
    'holds no data set of a known layout: ind.NAME.graph, NAME_A.txt, nodes.csv and edges.csv, triples.tsv, or train.tsv; ' +
      'JSON, GraphML and edge lists are named as files',
  );
}
