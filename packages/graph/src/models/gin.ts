/**
 * GIN: "How Powerful are Graph Neural Networks?", Xu, Hu, Leskovec and Jegelka 2018, arXiv:1810.00826. As torch_geometric.nn.GIN.
 */
import type { OpenOptions } from '@hourglass/core';
import { GINConv, type AggregationName, type GINConvOptions } from '../layers/index.js';
import { BasicGNN, gnnFamilies, loadGNN, type BasicGNNOptions, type GNNFamily } from './basic-gnn.js';
import { MLP } from './mlp.js';

type Own = Pick<GINConvOptions, 'eps' | 'trainEps'> & { readonly aggr?: AggregationName };
export type GINOptions = BasicGNNOptions<Own>;

const family: GNNFamily<GINConv, Own> = {
  name: 'GIN',
  convolution: ({ inChannels, outChannels, config, generator }) => {
    const { act, actFirst, norm, normOptions } = config;
    const nn = new MLP([inChannels, outChannels, outChannels], { act, actFirst, norm, normOptions, generator });
    return new GINConv(nn, config);
  },
  run: (conv, x, edges) => conv.forward(x, edges),
};

/** Graph isomorphism network: a network of two layers of the sum of a node and its neighbours, again and again. */
export class GIN extends BasicGNN<GINConv, Own> {
  constructor(options: GINOptions) {
    super(family, options);
  }

  /** Loads a checkpoint of this library, or of PyTorch Geometric with its class and arguments in config.json. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GIN> {
    return loadGNN(source, ginFamilies, options);
  }
}

export const ginFamilies = gnnFamilies('GIN', (options: GINOptions) => new GIN(options));
