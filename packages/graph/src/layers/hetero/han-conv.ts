import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Dropout,
  functional,
  Linear,
  Module,
  ModuleDict,
  ParameterDict,
  scope,
  type Generator,
  type Parameter,
} from '@hourglass/core';
import { edgeTypeName } from '../../data/hetero-graph.js';
import { glorot } from '../initialise.js';
import { atDestinations, atSources } from '../message-passing.js';
import { splitHeads } from '../convolution/attention.js';
import { presentEdges, widthsOf, type ByEdgeType, type ByNodeType, type HeteroMetadata } from './metadata.js';

export interface HANConvOptions {
  /** Default 1. */
  readonly heads?: number;
  /** Slope of the leaky ReLU. Default 0.2. */
  readonly negativeSlope?: number;
  /** Probability with which attention to a neighbour is dropped. Default 0. */
  readonly dropout?: number;
  readonly generator?: Generator | undefined;
}

/** What {@link HANConv.attend} gives, by type of node that edges lead to. */
export interface SemanticAttention {
  /** float32 [nodes, outChannels] */
  readonly value: Readonly<Record<string, tf.Tensor>>;
  /** float32 [types of edges that lead there]: what each counts, 1 in sum. */
  readonly attention: Readonly<Record<string, tf.Tensor>>;
}

/** Heterogeneous graph attention: along each type of edge, then among the types (Wang et al. 2019, arXiv:1903.07293). */
export class HANConv extends Module {
  readonly k_lin: Linear;
  /** [1, outChannels] */
  readonly q: Parameter;
  readonly proj: ModuleDict<Linear>;
  /** [1, heads, outChannels / heads] for each type of edge. */
  readonly lin_src: ParameterDict;
  readonly lin_dst: ParameterDict;
  readonly dropout: Dropout;
  readonly heads: number;
  readonly #negativeSlope: number;

  /**
   * @param inChannels width of all features, or of each type's
   * @throws InvalidArgumentError when outChannels do not divide into the heads
   */
  constructor(
    readonly inChannels: number | Readonly<Record<string, number>>,
    readonly outChannels: number,
    readonly metadata: HeteroMetadata,
    options: HANConvOptions = {},
  ) {
    super();
    const { heads = 1, negativeSlope = 0.2, dropout = 0, generator } = options;
    check(outChannels % heads === 0, () => `HANConv: ${outChannels} channels do not divide into ${heads} heads`);
    const widths = widthsOf('HANConv', inChannels, metadata);
    const vectors = (): ParameterDict =>
      new ParameterDict(
        metadata.edgeTypes.map(
          (type) => [edgeTypeName(type), glorot([1, heads, outChannels / heads], { generator })] as const,
        ),
      );
    this.k_lin = new Linear(outChannels, outChannels, { generator });
    this.q = glorot([1, outChannels], { generator });
    this.proj = new ModuleDict(
      widths.map(([type, width]) => [type, new Linear(width, outChannels, { generator })] as const),
    );
    this.lin_src = vectors();
    this.lin_dst = vectors();
    this.dropout = new Dropout(dropout, { generator });
    this.heads = heads;
    this.#negativeSlope = negativeSlope;
  }

  /**
   * @param x features by type of node
   * @param edges by type; types may be missing
   * @returns float32 [nodes, outChannels] for every type of node that the edges lead to
   */
  forward(x: ByNodeType, edges: ByEdgeType): Record<string, tf.Tensor> {
    return scope(() => ({ ...this.attend(x, edges).value }));
  }

  /** {@link forward}, with what each type of edge counts. */
  attend(x: ByNodeType, edges: ByEdgeType): SemanticAttention {
    const present = presentEdges('HANConv', this.metadata.edgeTypes, x, edges);
    return scope(() => {
      const mapped = Object.fromEntries(
        Object.entries(x).map(([type, rows]) => [type, splitHeads(this.proj.get(type).forward(rows), this.heads)]),
      );
      const heard = new Map<string, tf.Tensor[]>();
      for (const { type, name, edges } of present) {
        const [source, destination] = [mapped[type[0]]!, mapped[type[2]]!];
        const score = (rows: tf.Tensor, by: Parameter): tf.Tensor => tf.sum(tf.mul(rows, by.value), -1);
        const scores = tf.add(
          atSources(score(source, this.lin_src.get(name)), edges),
          atDestinations(score(destination, this.lin_dst.get(name)), edges),
        );
        const active = functional.leakyRelu(scores, this.#negativeSlope);
        const attention = this.dropout.forward(functional.segmentSoftmax(active, edges.incoming));
        const sum = functional.spmm(edges.adjacency, attention, source);
        const y = tf.relu(tf.reshape(sum, [edges.destinations, this.outChannels]));
        heard.set(type[2], [...(heard.get(type[2]) ?? []), y]);
      }
      const value: Record<string, tf.Tensor> = {};
      const attention: Record<string, tf.Tensor> = {};
      for (const [type, results] of heard) {
        const stacked = tf.stack(results);
        const scores = tf.sum(tf.mul(this.q.value, tf.mean(tf.tanh(this.k_lin.forward(stacked)), 1)), -1);
        attention[type] = tf.softmax(scores);
        value[type] = tf.sum(tf.mul(stacked, tf.reshape(attention[type], [-1, 1, 1])), 0);
      }
      return { value, attention };
    });
  }
}
