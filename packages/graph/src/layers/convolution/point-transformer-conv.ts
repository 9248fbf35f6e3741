import * as tf from '@tensorflow/tfjs-core';
import { check, functional, Linear, Module, scope, type Generator, type UnaryModule } from '@hourglass/core';
import { replaceSelfLoops, type EdgeIndex } from '../../edges/index.js';
import { atDestinations, atSources, bothSides, checkFeatures, type NodeFeatures } from '../message-passing.js';

export interface PointTransformerConvOptions {
  /** Maps differences of places, float32 [edges, dimensions], to [edges, outChannels]. Default: a linear map of 3 dimensions. */
  readonly posNn?: UnaryModule;
  /** Maps what the softmax is taken of, float32 [edges, outChannels]. Default: none. */
  readonly attnNn?: UnaryModule | null;
  /** Every point attends to itself too. Default true. */
  readonly addSelfLoops?: boolean;
  readonly generator?: Generator | undefined;
}

/** Attention of the Point Transformer, channel by channel (Zhao et al. 2020, arXiv:2012.09164). */
export class PointTransformerConv extends Module {
  readonly pos_nn: UnaryModule;
  readonly attn_nn: UnaryModule | null;
  readonly lin: Linear;
  readonly lin_src: Linear;
  readonly lin_dst: Linear;
  readonly addSelfLoops: boolean;

  /** @param inChannels a bipartite graph has [that of the sources, that of the destinations] */
  constructor(
    readonly inChannels: number | readonly [number, number],
    readonly outChannels: number,
    options: PointTransformerConvOptions = {},
  ) {
    super();
    const { attnNn = null, addSelfLoops = true, generator } = options;
    const random = { generator };
    const [sourceWidth, destinationWidth] = typeof inChannels === 'number' ? [inChannels, inChannels] : inChannels;
    this.pos_nn = options.posNn ?? new Linear(3, outChannels, random);
    this.attn_nn = attnNn;
    this.lin = new Linear(sourceWidth, outChannels, { bias: false, ...random });
    this.lin_src = new Linear(sourceWidth, outChannels, { bias: false, ...random });
    this.lin_dst = new Linear(destinationWidth, outChannels, { bias: false, ...random });
    this.addSelfLoops = addSelfLoops;
  }

  /**
   * @param x float32 [nodes, inChannels], or of both sides of a bipartite graph
   * @param pos places, float32 [nodes, dimensions], or of both sides
   * @returns float32 [destinations, outChannels]
   */
  forward(x: NodeFeatures, pos: NodeFeatures, edges: EdgeIndex): tf.Tensor {
    const [[sources, destinations], [from, to]] = [bothSides(x), bothSides(pos)];
    check(destinations !== null && to !== null, 'PointTransformerConv: the destinations need features and places too');
    for (const given of [sources, from]) checkFeatures('PointTransformerConv', given, edges.sources);
    for (const given of [destinations, to]) checkFeatures('PointTransformerConv', given, edges.destinations);
    return scope(() => {
      const looped = this.addSelfLoops ? replaceSelfLoops(edges).edges : edges;
      const place = this.pos_nn.forward(tf.sub(atDestinations(to, looped), atSources(from, looped)));
      const query = atDestinations(this.lin_dst.forward(destinations), looped);
      const scores = tf.add(tf.sub(query, atSources(this.lin_src.forward(sources), looped)), place);
      const attention = functional.segmentSoftmax(this.attn_nn?.forward(scores) ?? scores, looped.incoming);
      const values = tf.add(atSources(this.lin.forward(sources), looped), place);
      return functional.segmentSum(tf.mul(attention, values), looped.incoming);
    });
  }
}
