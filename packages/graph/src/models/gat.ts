/**
 * GAT: "Graph Attention Networks", Veličković et al. 2017, arXiv:1710.10903. As torch_geometric.nn.GAT.
 */
import { check, type OpenOptions } from '@hourglass/core';
import { GATConv, GATv2Conv, type GATConvOptions } from '../layers/index.js';
import { BasicGNN, gnnFamilies, loadGNN, type BasicGNNOptions, type GNNFamily } from './basic-gnn.js';

type Own = Pick<
  GATConvOptions,
  'heads' | 'concat' | 'negativeSlope' | 'addSelfLoops' | 'edgeDim' | 'fillValue' | 'residual' | 'bias'
> & {
  /** Makes it of {@link GATv2Conv}. Default false. */
  readonly v2?: boolean;
  /** Heads of the last layer, whose mean is the result; the paper has one on Cora. Default: `heads`. */
  readonly outputHeads?: number;
};
export type GATOptions = BasicGNNOptions<Own>;

const family: GNNFamily<GATConv | GATv2Conv, Own> = {
  name: 'GAT',
  convolution({ inChannels, outChannels, config, isOutput, generator }) {
    const heads = (isOutput ? config.outputHeads : undefined) ?? config.heads ?? 1;
    // the result is the heads' mean, so that it is as wide as asked for
    const concat = !isOutput && (config.concat ?? true);
    check(
      !concat || outChannels % heads === 0,
      () => `GAT: ${heads} heads side by side cannot be ${outChannels} wide; choose hiddenChannels divisible by heads`,
    );
    const Conv = config.v2 === true ? GATv2Conv : GATConv;
    return new Conv(inChannels, concat ? outChannels / heads : outChannels, { ...config, heads, concat, generator });
  },
  run: (conv, x, edges, { edgeAttr = null }) => conv.forward(x, edges, edgeAttr),
};

/** Graph attention network. Its dropout drops attention to neighbours too. Uses the attributes of edges. */
export class GAT extends BasicGNN<GATConv | GATv2Conv, Own> {
  constructor(options: GATOptions) {
    super(family, options);
  }

  /** Loads a checkpoint of this library, or of PyTorch Geometric with its class and arguments in config.json. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GAT> {
    return loadGNN(source, gatFamilies, options);
  }
}

export const gatFamilies = gnnFamilies('GAT', (options: GATOptions) => new GAT(options));
