/**
 * GraphSAGE: "Inductive Representation Learning on Large Graphs", Hamilton, Ying and Leskovec 2017, arXiv:1706.02216. As
 * torch_geometric.nn.GraphSAGE.
 */
import type { OpenOptions } from '@hourglass/core';
import { SAGEConv, type AggregationName, type SAGEConvOptions } from '../layers/index.js';
import { BasicGNN, gnnFamilies, loadGNN, type BasicGNNOptions, type GNNFamily } from './basic-gnn.js';

type Own = Pick<SAGEConvOptions, 'normalize' | 'rootWeight' | 'project' | 'bias'> & {
  readonly aggr?: AggregationName | readonly AggregationName[];
};
export type GraphSAGEOptions = BasicGNNOptions<Own>;

const family: GNNFamily<SAGEConv, Own> = {
  name: 'GraphSAGE',
  convolution: ({ inChannels, outChannels, config, generator }) =>
    new SAGEConv(inChannels, outChannels, { ...config, generator }),
  run: (conv, x, edges) => conv.forward(x, edges),
};

/** Samples and aggregates: each node's own features beside the mean (or another aggregation) of its neighbours'. */
export class GraphSAGE extends BasicGNN<SAGEConv, Own> {
  constructor(options: GraphSAGEOptions) {
    super(family, options);
  }

  /** Loads a checkpoint of this library, or of PyTorch Geometric with its class and arguments in config.json. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GraphSAGE> {
    return loadGNN(source, graphSAGEFamilies, options);
  }
}

export const graphSAGEFamilies = gnnFamilies('GraphSAGE', (options: GraphSAGEOptions) => new GraphSAGE(options));
