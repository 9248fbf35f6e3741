/**
 * PNA: "Principal Neighbourhood Aggregation for Graph Nets", Corso et al. 2020, arXiv:2004.05718. As torch_geometric.nn.PNA.
 */
import type { OpenOptions } from '@hourglass/core';
import { PNAConv, type AggregationName, type PNAConvOptions } from '../layers/index.js';
import { BasicGNN, gnnFamilies, loadGNN, type BasicGNNOptions, type GNNFamily } from './basic-gnn.js';

type Own = Pick<
  PNAConvOptions,
  'scalers' | 'edgeDim' | 'towers' | 'preLayers' | 'postLayers' | 'divideInput' | 'trainNorm'
> & {
  readonly aggregators: readonly AggregationName[];
  readonly deg: readonly number[];
};
export type PNAOptions = BasicGNNOptions<Own>;

const family: GNNFamily<PNAConv, Own> = {
  name: 'PNA',
  convolution: ({ inChannels, outChannels, config: { act: _between, ...config }, generator }) =>
    new PNAConv(inChannels, outChannels, { ...config, generator }),
  run: (conv, x, edges, { edgeAttr = null }) => conv.forward(x, edges, edgeAttr),
};

/** Several aggregations of neighbours, scaled by their number. Uses the attributes of edges. */
export class PNA extends BasicGNN<PNAConv, Own> {
  constructor(options: PNAOptions) {
    super(family, options);
  }

  /** Loads a checkpoint of this library, or of PyTorch Geometric with its class and arguments in config.json. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<PNA> {
    return loadGNN(source, pnaFamilies, options);
  }
}

export const pnaFamilies = gnnFamilies('PNA', (options: PNAOptions) => new PNA(options));
