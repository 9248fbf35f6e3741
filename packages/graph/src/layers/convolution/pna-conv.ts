import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  check,
  forwardAll,
  Linear,
  Module,
  ModuleList,
  scope,
  Sequential,
  type UnaryModule,
} from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import {
  DegreeScalerAggregation,
  type Aggregation,
  type AggregationName,
  type DegreeScaler,
} from '../aggregation/index.js';
import { linearOfEnds } from '../ends-linear.js';
import { checkFeatures, type ConvOptions } from '../message-passing.js';

export interface PNAConvOptions extends Pick<ConvOptions, 'generator'> {
  readonly aggregators: ReadonlyArray<AggregationName | Aggregation>;
  readonly scalers: readonly DegreeScaler[];
  /** How many nodes of the training graphs have 0, 1, 2, … edges leading to them: {@link degreeHistogram}. */
  readonly deg: ArrayLike<number>;
  /** Width of the edges' attributes, where there are any. */
  readonly edgeDim?: number | null;
  /** Networks side by side, each with a part of the output. Default 1. */
  readonly towers?: number;
  /** Layers of the network of messages. Default 1. */
  readonly preLayers?: number;
  /** Layers of the network of what reaches a node. Default 1. */
  readonly postLayers?: number;
  /** Each tower gets its part of the input instead of all. Default false. */
  readonly divideInput?: boolean;
  /** Between layers of the networks. Default `relu`. */
  readonly act?: string;
  /** Learns the means of the degrees. Default false. */
  readonly trainNorm?: boolean;
}

/** Principal neighbourhood aggregation (Corso et al. 2020, arXiv:2004.05718). */
export class PNAConv extends Module {
  readonly aggr_module: DegreeScalerAggregation;
  readonly edge_encoder: Linear | null;
  readonly pre_nns: ModuleList<Sequential>;
  readonly post_nns: ModuleList<Sequential>;
  readonly lin: Linear;
  readonly towers: number;
  readonly divideInput: boolean;

  /** @throws InvalidArgumentError when channels do not divide into the towers */
  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: PNAConvOptions,
  ) {
    super();
    const { aggregators, scalers, deg, edgeDim = null, towers = 1, preLayers = 1, postLayers = 1 } = options;
    const { divideInput = false, act = 'relu', trainNorm = false, generator } = options;
    check(
      outChannels % towers === 0 && (!divideInput || inChannels % towers === 0),
      () => `PNAConv: ${inChannels} and ${outChannels} channels do not divide into ${towers} towers`,
    );
    const [inputs, outputs] = [divideInput ? inChannels / towers : inChannels, outChannels / towers];
    const network = (from: number, to: number, layers: number): Sequential => {
      const more = Array.from({ length: layers - 1 }, () => [
        activationByName(act),
        new Linear(to, to, { generator }),
      ]).flat();
      return new Sequential(new Linear(from, to, { generator }), ...more);
    };
    const every = (make: () => Sequential): ModuleList<Sequential> =>
      new ModuleList(Array.from({ length: towers }, make));
    this.aggr_module = new DegreeScalerAggregation(aggregators, scalers, deg, { trainNorm });
    this.edge_encoder = edgeDim === null ? null : new Linear(edgeDim, inputs, { generator });
    this.pre_nns = every(() => network((edgeDim === null ? 2 : 3) * inputs, inputs, preLayers));
    this.post_nns = every(() => network((aggregators.length * scalers.length + 1) * inputs, outputs, postLayers));
    this.lin = new Linear(outChannels, outChannels, { generator });
    this.towers = towers;
    this.divideInput = divideInput;
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @param edgeAttr float32 [edges, edgeDim]; needed by a layer that was made with edgeDim
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, edgeAttr: tf.Tensor | null = null): tf.Tensor {
    checkFeatures('PNAConv', x, edges.nodes, this.inChannels);
    check(
      (edgeAttr === null) === (this.edge_encoder === null),
      () =>
        `PNAConv: the layer was made ${this.edge_encoder === null ? 'without' : 'with'} edgeDim, ` +
        `and is called ${edgeAttr === null ? 'without' : 'with'} edgeAttr`,
    );
    return scope(() => {
      const edge = edgeAttr === null ? null : this.edge_encoder!.forward(edgeAttr);
      const parts = this.divideInput ? tf.split(x, this.towers, 1) : Array.from({ length: this.towers }, () => x);
      const towers = parts.map((part, tower) => {
        const [first, ...rest] = this.pre_nns.at(tower) as Iterable<UnaryModule>;
        const sent = linearOfEnds(first as Linear, { destination: part, source: part, edge }, edges);
        const reached = this.aggr_module.forward(forwardAll(rest, sent), edges.incoming);
        return this.post_nns.at(tower).forward(tf.concat([part, reached], -1));
      });
      return this.lin.forward(tf.concat(towers, -1));
    });
  }
}
