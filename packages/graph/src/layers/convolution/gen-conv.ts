import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm1d,
  check,
  checkCount,
  Dropout,
  LayerNorm,
  Linear,
  Module,
  ReLU,
  Sequential,
  scope,
  type UnaryModule,
} from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import {
  aggregationOf,
  PowerMeanAggregation,
  SoftmaxAggregation,
  type Aggregation,
  type AggregationName,
} from '../aggregation/index.js';
import { atSources, bothSides, checkFeatures, type ConvOptions, type NodeFeatures } from '../message-passing.js';
import { MessageNorm } from '../normalization/message-norm.js';
import { propagate } from '../propagate.js';

export interface GENConvOptions extends ConvOptions {
  /** `softmax_sg` is softmax without the gradient of its weights. Default `softmax`. */
  readonly aggr?: 'softmax' | 'softmax_sg' | 'powermean' | 'power' | AggregationName | Aggregation;
  /** Inverse temperature of softmax. Default 1. */
  readonly t?: number;
  /** Default false. */
  readonly learnT?: boolean;
  /** Power of the power mean. Default 1. */
  readonly p?: number;
  /** Default false. */
  readonly learnP?: boolean;
  /** Gives what reaches a node the length of its own features. Default false. */
  readonly msgNorm?: boolean;
  /** Default false. */
  readonly learnMsgScale?: boolean;
  /** Between the layers of the network; `instance` norms each row, without parameters. Default `batch`. */
  readonly norm?: 'batch' | 'layer' | 'instance' | null;
  /** Layers of the network. Default 2. */
  readonly numLayers?: number;
  /** Width of the network's hidden layers ÷ outChannels. Default 2. */
  readonly expansion?: number;
  /** Added to the messages, which keeps them positive. Default 1e-7. */
  readonly eps?: number;
  /** Width of the edges' attributes where it is not outChannels: they then pass a linear map. */
  readonly edgeDim?: number | null;
  /** Of all linear maps. Default false. */
  readonly bias?: boolean;
}

/** Generalised graph convolution with learnable aggregation: "DeeperGCN", Li et al. 2020, arXiv:2006.07739. */
export class GENConv extends Module {
  readonly lin_src: Linear | null;
  readonly lin_edge: Linear | null;
  readonly lin_dst: Linear | null;
  readonly aggr_module: Aggregation;
  readonly mlp: Sequential;
  readonly msg_norm: MessageNorm | null;
  readonly #eps: number;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: GENConvOptions = {},
  ) {
    super();
    const { msgNorm = false, learnMsgScale = false, norm = 'batch', numLayers = 2, expansion = 2 } = options;
    const { eps = 1e-7, edgeDim = null, bias = false, generator } = options;
    checkCount('GENConv: numLayers', numLayers);
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    const map = (inputs: number, outputs = outChannels): Linear => new Linear(inputs, outputs, { bias, generator });
    const fitted = (width: number): Linear | null => (width === outChannels ? null : map(width));
    this.lin_src = fitted(sourceWidth);
    this.lin_edge = edgeDim === null ? null : fitted(edgeDim);
    this.lin_dst = fitted(destinationWidth);
    this.aggr_module = aggregation(options);
    const layers: UnaryModule[] = [];
    let width = outChannels;
    for (let layer = 1; layer < numLayers; layer++) {
      const hidden = outChannels * expansion;
      layers.push(map(width, hidden), ...(norm === null ? [] : [norms[norm](hidden)]), new ReLU(), new Dropout(0));
      width = hidden;
    }
    this.mlp = new Sequential(...layers, map(width));
    this.msg_norm = msgNorm ? new MessageNorm({ learnScale: learnMsgScale }) : null;
    this.#eps = eps;
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param edgeAttr float32 [edges, edgeDim], or [edges, outChannels] without edgeDim
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): tf.Tensor {
    const [sources, destinations] = bothSides(x);
    checkFeatures('GENConv', sources, edges.sources);
    if (destinations !== null) checkFeatures('GENConv', destinations, edges.destinations);
    return scope(() => {
      const sent = this.lin_src?.forward(sources) ?? sources;
      let y = this.#reached(sent, edges, edgeAttr);
      if (this.msg_norm !== null) y = this.msg_norm.forward(destinations ?? sent, y);
      if (destinations !== null) y = tf.add(y, this.lin_dst?.forward(destinations) ?? destinations);
      return this.mlp.forward(y);
    });
  }

  #reached(sent: tf.Tensor, edges: EdgeIndex, edgeAttr: tf.Tensor | null): tf.Tensor {
    const message = (x: tf.Tensor): tf.Tensor => tf.add(tf.relu(x), this.#eps);
    // without attributes all edges from a node carry the same
    if (edgeAttr === null) return propagate(this.aggr_module, message(sent), edges);
    const attributes = this.lin_edge?.forward(edgeAttr) ?? edgeAttr;
    check(
      attributes.shape[1] === this.outChannels,
      () => `GENConv: attributes of edges are ${attributes.shape[1]} wide and not ${this.outChannels}; pass edgeDim`,
    );
    return this.aggr_module.forward(message(tf.add(atSources(sent, edges), attributes)), edges.incoming);
  }
}

const norms = {
  batch: (width: number) => new BatchNorm1d(width),
  layer: (width: number) => new LayerNorm(width),
  instance: (width: number) => new LayerNorm(width, { elementwiseAffine: false }),
} as const;

function aggregation({ aggr = 'softmax', t = 1, learnT = false, p = 1, learnP = false }: GENConvOptions): Aggregation {
  switch (aggr) {
    case 'softmax':
    case 'softmax_sg':
      return new SoftmaxAggregation({ t, learn: learnT, semiGrad: aggr === 'softmax_sg' });
    case 'powermean':
    case 'power':
      return new PowerMeanAggregation({ p, learn: learnP });
    default:
      return aggregationOf(aggr);
  }
}
