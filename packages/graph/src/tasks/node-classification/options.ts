import { Generator, type OptionSpec, type TaskContext } from '@hourglass/core';
import { given } from '@hourglass/core/tasks';
import type { GraphData } from '../../data/graph.js';
import { randomNodeSplit } from '../../data/transforms/index.js';
import type { NodeSampling } from '../../training/index.js';

/** How a graph goes through the network, of train, evaluate and predict. */
export const samplingOptions = {
  fanOuts: {
    kind: 'list',
    placeholder: 'N,N',
    description: 'neighbours drawn in each layer, from the nodes outwards, for graphs too large to be taken whole',
    conflicts: ['clusters'],
  },
  clusters: { kind: 'integer', description: 'instead: how many clusters the graph is divided into', min: 1 },
  threads: {
    kind: 'integer',
    description: 'threads that draw neighbours (default: by the number of cores)',
    min: 0,
    goesWith: { fanOuts: true },
  },
} as const satisfies Record<string, OptionSpec>;

export interface SamplingRequest {
  readonly fanOuts?: readonly string[] | undefined;
  readonly clusters?: number | undefined;
  readonly threads?: number | undefined;
  readonly batchSize?: number | undefined;
}

/** Undefined where the graph is taken whole. */
export function samplingOf({ fanOuts, clusters, threads, batchSize }: SamplingRequest): NodeSampling | undefined {
  if ((fanOuts === undefined || fanOuts.length === 0) && clusters === undefined) return undefined;
  const counts = fanOuts === undefined || fanOuts.length === 0 ? undefined : fanOuts.map(Number);
  return given({ fanOuts: counts, clusters, threads, batchSize });
}

/** The graph with masks: those it came with, or some that are drawn. */
export function withSplit(graph: GraphData, seed: number, context?: TaskContext): GraphData {
  if (graph.trainMask !== null) return graph;
  context?.print('the data names no training nodes: 70 % are drawn, 10 % to validate on and 20 % for the test');
  return randomNodeSplit(graph, { generator: new Generator(seed) });
}
