/**
 * GCN: "Semi-Supervised Classification with Graph Convolutional Networks", Kipf and Welling 2016, arXiv:1609.02907. As
 * torch_geometric.nn.GCN.
 */
import type { OpenOptions } from '@hourglass/core';
import { GCNConv, type GCNConvOptions } from '../layers/index.js';
import { BasicGNN, gnnFamilies, loadGNN, type BasicGNNOptions, type GNNFamily } from './basic-gnn.js';

type Own = Pick<GCNConvOptions, 'improved' | 'addSelfLoops' | 'normalize' | 'bias'>;
export type GCNOptions = BasicGNNOptions<Own>;

const family: GNNFamily<GCNConv, Own> = {
  name: 'GCN',
  convolution: ({ inChannels, outChannels, config, generator }) =>
    new GCNConv(inChannels, outChannels, { ...config, generator }),
  run: (conv, x, edges, { edgeWeight = null }) => conv.forward(x, edges, edgeWeight),
};

/** Graph convolutional network. Uses the weights of edges. */
export class GCN extends BasicGNN<GCNConv, Own> {
  constructor(options: GCNOptions) {
    super(family, options);
  }

  /** Loads a checkpoint of this library, or of PyTorch Geometric with its class and arguments in config.json. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GCN> {
    return loadGNN(source, gcnFamilies, options);
  }
}

export const gcnFamilies = gnnFamilies('GCN', (options: GCNOptions) => new GCN(options));
