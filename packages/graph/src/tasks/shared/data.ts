import type { OptionSpec, TaskContext } from '@hourglass/core';
import type { GraphData } from '../../data/graph.js';
import { given } from '@hourglass/core/tasks';
import { graphLayouts, openGraph, type OpenGraphOptions } from '../../node/index.js';

/** What all tasks on one graph ask of its file. */
export const graphOptions = {
  data: {
    kind: 'text',
    placeholder: 'PATH',
    description:
      'a graph: Planetoid files, nodes.csv + edges.csv, triples, an edge list, GraphML or JSON, packed or not',
    required: true,
  },
  layout: { kind: 'text', description: 'how the data lie', choices: ['auto', ...graphLayouts], default: 'auto' },
  undirected: { kind: 'flag', description: 'every edge leads both ways, though the file may list it once' },
  label: { kind: 'text', placeholder: 'COLUMN', description: 'the column or attribute with the classes of nodes' },
  columns: { kind: 'list', placeholder: 'COLUMNS', description: 'columns or attributes that are features' },
} as const satisfies Record<string, OptionSpec>;

export interface GraphRequest {
  readonly data: string;
  readonly layout: string;
  readonly undirected: boolean;
  readonly label?: string | undefined;
  readonly columns?: readonly string[] | undefined;
}

export function openRequested({ data, layout, undirected, label, columns }: GraphRequest): Promise<GraphData> {
  return openGraph(data, {
    layout: layout as NonNullable<OpenGraphOptions['layout']>,
    undirected,
    ...given({ label, features: columns }),
  });
}

/** Says what a graph is like. */
export function describeGraph(graph: GraphData, { print }: TaskContext): void {
  const { nodes, edges, undirected, withoutReverse, relations, features, classes, selfLoops, duplicates, isolated } =
    graph.summary();
  const way = undirected ? 'in both directions' : `of which ${withoutReverse.toLocaleString('en')} have no reverse`;
  print(
    `${nodes.toLocaleString('en')} nodes, ${edges.toLocaleString('en')} edges ${way}, ${relations === 0 ? '' : `${relations} relations, `}${features} features, ${classes} classes`,
  );
  const odd = [
    [isolated, 'nodes without edges'],
    [selfLoops, 'edges from a node to itself'],
    [duplicates, 'edges that come more than once'],
  ] as const;
  const found = odd.filter(([count]) => count > 0).map(([count, what]) => `${count.toLocaleString('en')} ${what}`);
  if (found.length > 0) print(`among them ${found.join(', ')}`);
}
