/**
 * EdgeCNN: "Dynamic Graph CNN for Learning on Point Clouds", Wang et al. 2018, arXiv:1801.07829, on given edges. As
 * torch_geometric.nn.EdgeCNN.
 */
import type { OpenOptions } from '@hourglass/core';
import { EdgeConv, type AggregationName } from '../layers/index.js';
import { BasicGNN, gnnFamilies, loadGNN, type BasicGNNOptions, type GNNFamily } from './basic-gnn.js';
import { MLP } from './mlp.js';

interface Own {
  /** Default `max`. */
  readonly aggr?: AggregationName;
}
export type EdgeCNNOptions = BasicGNNOptions<Own>;

const family: GNNFamily<EdgeConv, Own> = {
  name: 'EdgeCNN',
  convolution({ inChannels, outChannels, config: { act, actFirst, norm, normOptions, aggr }, generator }) {
    const nn = new MLP([2 * inChannels, outChannels, outChannels], { act, actFirst, norm, normOptions, generator });
    return new EdgeConv(nn, { aggr });
  },
  run: (conv, x, edges) => conv.forward(x, edges),
};

/** Networks of each node and its difference from its neighbours, layer after layer. */
export class EdgeCNN extends BasicGNN<EdgeConv, Own> {
  constructor(options: EdgeCNNOptions) {
    super(family, options);
  }

  /** Loads a checkpoint of this library, or of PyTorch Geometric with its class and arguments in config.json. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<EdgeCNN> {
    return loadGNN(source, edgeCNNFamilies, options);
  }
}

export const edgeCNNFamilies = gnnFamilies('EdgeCNN', (options: EdgeCNNOptions) => new EdgeCNN(options));
