/**
 * Graph U-Nets: "Graph U-Nets", Gao and Ji 2019, arXiv:1905.05178. As PyTorch Geometric's `GraphUNet`.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  activationByName,
  check,
  ConfiguredModel,
  disposeAfterGradients,
  loadPretrained,
  ModuleList,
  ownFamily,
  scope,
  type functional,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type UnaryModule,
} from '@hourglass/core';
import { edgeProduct, removeSelfLoops, replaceSelfLoops, type EdgeIndex } from '../edges/index.js';
import { GCNConv, TopKPooling, type PooledGraph } from '../layers/index.js';
import { fromReference } from './reference-config.js';

/** What a {@link GraphUNet} is built from; plain data, kept in config.json. */
export interface GraphUNetConfig {
  readonly inChannels: number;
  readonly hiddenChannels: number;
  readonly outChannels: number;
  /** How often the graph is pooled. */
  readonly depth: number;
  /** Share (or, from 1 on, number) of nodes that each pooling keeps: one for all, or one for each. Default 0.5. */
  readonly poolRatios: number | readonly number[];
  /** Adds what comes from the same level on the way down; false puts it beside. Default true. */
  readonly sumRes: boolean;
  /** A name that core's `activationByName` knows. Default `relu`. */
  readonly act: string;
}

const defaults = { poolRatios: 0.5, sumRes: true, act: 'relu' } as const;

export type GraphUNetOptions = Pick<GraphUNetConfig, 'inChannels' | 'hiddenChannels' | 'outChannels' | 'depth'> &
  Partial<GraphUNetConfig> & { readonly generator?: Generator };

/** What a {@link GraphUNet} takes besides features and edges. */
export interface GraphUNetInputs {
  /** float32 [edges]. Default: ones. */
  readonly edgeWeight?: tf.Tensor | null | undefined;
  /** Which graph each node belongs to. Default: all to one. */
  readonly batch?: functional.Segments | null | undefined;
}

/** A graph on the way down. */
interface Level {
  readonly x: tf.Tensor;
  readonly edges: EdgeIndex;
  readonly weight: tf.Tensor;
}

/**
 * A U-Net on graphs: convolutions, pooling that keeps the best nodes of the graph of two-step paths, and back. Which nodes are kept is
 * decided on the host, and the pooled graphs are made there in every forward pass.
 */
export class GraphUNet extends ConfiguredModel<GraphUNetConfig> {
  protected override readonly modelType = modelType;
  override readonly config: GraphUNetConfig;
  readonly down_convs: ModuleList<GCNConv>;
  readonly pools: ModuleList<TopKPooling>;
  readonly up_convs: ModuleList<GCNConv>;
  readonly #act: UnaryModule;

  /** @throws InvalidArgumentError for a depth below 1, or ratios that do not fit it */
  constructor(options: GraphUNetOptions) {
    super();
    const { generator, ...given } = options;
    this.config = { ...defaults, ...given };
    const { inChannels, hiddenChannels, outChannels, depth, poolRatios, sumRes, act } = this.config;
    check(
      Number.isInteger(depth) && depth >= 1,
      () => `GraphUNet: depth must be a whole number from 1 on, got ${depth}`,
    );
    const ratios = typeof poolRatios === 'number' ? Array.from({ length: depth }, () => poolRatios) : poolRatios;
    check(ratios.length === depth, () => `GraphUNet: ${ratios.length} pooling ratios for a depth of ${depth}`);
    const conv = (inputs: number, outputs: number): GCNConv =>
      new GCNConv(inputs, outputs, { improved: true, generator });
    this.down_convs = new ModuleList([
      conv(inChannels, hiddenChannels),
      ...ratios.map(() => conv(hiddenChannels, hiddenChannels)),
    ]);
    this.pools = new ModuleList(ratios.map((ratio) => new TopKPooling(hiddenChannels, { ratio, generator })));
    const width = sumRes ? hiddenChannels : 2 * hiddenChannels;
    this.up_convs = new ModuleList(ratios.map((_, i) => conv(width, i < depth - 1 ? hiddenChannels : outChannels)));
    this.#act = activationByName(act);
  }

  /** Loads a checkpoint of this library or of PyTorch Geometric. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GraphUNet> {
    return loadPretrained(source, graphUNetFamilies, options);
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex, { edgeWeight, batch }: GraphUNetInputs = {}): tf.Tensor {
    const { depth } = this.config;
    const pooled: PooledGraph[] = [];
    try {
      return scope(() => {
        let level = this.#down(0, x, edges, edgeWeight ?? tf.ones([edges.edges]));
        let graphs = batch ?? null;
        const levels: Level[] = [];
        for (let i = 0; i < depth; i++) {
          levels.push(level);
          const near = twoSteps(level);
          const kept = this.pools.at(i).forward(level.x, near.edges, { edgeAttr: near.weight, batch: graphs });
          pooled.push(kept);
          graphs = kept.batch;
          level = this.#down(i + 1, kept.x, kept.edges, kept.edgeAttr!);
        }
        return levels.reduceRight((y, own, i) => this.#up(depth - 1 - i, own, placed(y, pooled[i]!, own.x)), level.x);
      });
    } finally {
      for (const graph of pooled) disposeAfterGradients(graph);
    }
  }

  #down(i: number, x: tf.Tensor, edges: EdgeIndex, weight: tf.Tensor): Level {
    return { x: this.#act.forward(this.down_convs.at(i).forward(x, edges, weight)), edges, weight };
  }

  #up(i: number, { x, edges, weight }: Level, below: tf.Tensor): tf.Tensor {
    const joined = this.config.sumRes ? tf.add(x, below) : tf.concat([x, below], -1);
    const y = this.up_convs.at(i).forward(joined, edges, weight);
    return i < this.config.depth - 1 ? this.#act.forward(y) : y;
  }
}

/** The paths of at most two edges, without loops, weighed by their number (A + I)². They live as long as the edges. */
function twoSteps({ edges, weight }: Level): { readonly edges: EdgeIndex; readonly weight: tf.Tensor } {
  const looped = replaceSelfLoops(edges);
  const product = edges.derived('two steps', () => edgeProduct(looped.edges, looped.edges));
  const bare = removeSelfLoops(product.edges);
  const ones = looped.carry(weight, 1);
  return { edges: bare.edges, weight: bare.carry(product.multiply(ones, ones), 0) };
}

/** Rows of kept nodes at their former places, zeros at the others. */
function placed(y: tf.Tensor, { perm }: PooledGraph, like: tf.Tensor): tf.Tensor {
  const place = new Int32Array(like.shape[0]!).fill(perm.length);
  perm.forEach((node, i) => (place[node] = i));
  return tf.gather(tf.concat([y, tf.zeros([1, y.shape[1]!])]), place);
}

const modelType = 'hourglass-graph-unet';

/** Kinds of checkpoint that {@link GraphUNet.fromPretrained} reads. */
export const graphUNetFamilies: ReadonlyArray<ModelFamily<GraphUNet>> = [
  ownFamily(modelType, (config: GraphUNetOptions) => new GraphUNet(config)),
  fromReference('torch_geometric.nn.GraphUNet(', (args) => new GraphUNet(args as unknown as GraphUNetOptions)),
];
