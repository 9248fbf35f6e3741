/** CoGNN: "Cooperative Graph Neural Networks", Finkelshtein, Huang, Bronstein and Ceylan 2023, arXiv:2310.01267. */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  checkCount,
  ConfiguredModel,
  Dropout,
  functional,
  LayerNorm,
  Linear,
  loadPretrained,
  Module,
  ModuleList,
  ownFamily,
  scope,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { GCNConv, GraphConv } from '../layers/index.js';
import { inverseDegree } from '../layers/propagate.js';

/** How a network joins what reaches a node; `gcn` is the graph convolution with self loops. */
export type CooperativeAggregation = 'sum' | 'mean' | 'gcn';

/** What a {@link CoGNN} is built from; plain data, kept in config.json. */
export interface CoGNNConfig {
  readonly inChannels: number;
  readonly hiddenChannels: number;
  readonly outChannels: number;
  /** Layers of the environment network. */
  readonly numLayers: number;
  /** Default `mean`. */
  readonly environment?: CooperativeAggregation;
  /** Of the two action networks. Default `sum`. */
  readonly action?: CooperativeAggregation;
  /** Default: hiddenChannels. */
  readonly actionChannels?: number;
  /** Layers of the action networks. Default 1. */
  readonly actionLayers?: number;
  /** Of the Gumbel softmax. Default 0.1. */
  readonly temperature?: number;
  /** Learns a temperature for each node, from its features; `temperature` is then the largest. Default false. */
  readonly learnTemperature?: boolean;
  /** Adds each layer's input to its output. Default false. */
  readonly skip?: boolean;
  /** Norms the features of each node before each layer and behind the last. Default false. */
  readonly layerNorm?: boolean;
  /** Probability of dropping a hidden value. Default 0. */
  readonly dropout?: number;
}

export interface CoGNNOptions extends CoGNNConfig {
  /** Draws the weights, actions and dropout. */
  readonly generator?: Generator | undefined;
}

/**
 * What the nodes do in one layer. A node that listens and broadcasts does the standard thing, one that does neither is isolated.
 */
export interface Actions {
  /** float32 [nodes]: 1 for nodes that hear their neighbours. */
  readonly listen: tf.Tensor;
  /** float32 [nodes]: 1 for nodes that their neighbours hear. */
  readonly broadcast: tf.Tensor;
  /** float32 [edges]: 1 where the source broadcasts and the destination listens. */
  readonly edgeWeight: tf.Tensor;
}

type Conv = GCNConv | GraphConv;

function convolution(
  kind: CooperativeAggregation,
  inputs: number,
  outputs: number,
  generator: Generator | undefined,
): Conv {
  // means are sums with weights that are divided first
  return kind === 'gcn' ? new GCNConv(inputs, outputs, { generator }) : new GraphConv(inputs, outputs, { generator });
}

/** A convolution along edges of these weights, null for ones. For use inside a scope. */
function convolve(
  kind: CooperativeAggregation,
  conv: Conv,
  x: tf.Tensor,
  edges: EdgeIndex,
  weight: tf.Tensor | null,
): tf.Tensor {
  return conv.forward(x, edges, kind === 'mean' ? meanWeights(edges, weight) : weight);
}

/** Weights that are 1 in sum, or all 0, over the edges that lead to a node. */
function meanWeights(edges: EdgeIndex, weight: tf.Tensor | null): tf.Tensor {
  if (weight === null) return functional.segmentGather(inverseDegree(edges), edges.incoming);
  const total = functional.segmentSum(weight, edges.incoming);
  return tf.div(
    weight,
    functional.segmentGather(tf.where(tf.equal(total, 0), tf.onesLike(total), total), edges.incoming),
  );
}

/** Logits [nodes, 2] of doing something and of leaving it. */
class ActionNetwork extends Module {
  readonly net: ModuleList<Conv>;
  readonly dropout: Dropout;

  constructor(
    readonly kind: CooperativeAggregation,
    widths: readonly number[],
    dropout: number,
    generator: Generator | undefined,
  ) {
    super();
    this.net = new ModuleList(widths.slice(1).map((width, i) => convolution(kind, widths[i]!, width, generator)));
    this.dropout = new Dropout(dropout, { generator });
  }

  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    return scope(() => {
      const [last, ...before] = [...this.net].toReversed();
      let y = x;
      for (const conv of before.toReversed()) {
        y = this.dropout.forward(tf.relu(convolve(this.kind, conv, y, edges, null)));
      }
      return convolve(this.kind, last!, y, edges, null);
    });
  }
}

/** The temperature of each node, [nodes, 1], between 0 and the largest. */
class Temperature extends Module {
  readonly linear_model: Linear;

  constructor(
    channels: number,
    readonly largest: number,
    generator: Generator | undefined,
  ) {
    super();
    this.linear_model = new Linear(channels, 1, { bias: false, generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.reciprocal(tf.add(functional.softplus(this.linear_model.forward(x)), 1 / this.largest)));
  }
}

/**
 * A network in whose every layer each node chooses whether to listen to its neighbours and whether to be heard by them: two
 * action networks decide, an environment network computes along the edges that are left. In training actions are drawn (Gumbel
 * softmax, straight through), in evaluation the likelier is taken.
 */
export class CoGNN extends ConfiguredModel<CoGNNConfig> {
  protected override readonly modelType = modelType;
  override readonly config: CoGNNConfig;
  /** A linear map with ReLU, the convolutions, and a linear map. */
  readonly env_net: ModuleList<Linear | Conv>;
  readonly in_act_net: ActionNetwork;
  readonly out_act_net: ActionNetwork;
  readonly temp_model: Temperature | null;
  readonly hidden_layer_norm: LayerNorm | null;
  readonly dropout: Dropout;
  readonly #generator: Generator | undefined;

  constructor(options: CoGNNOptions) {
    super();
    const { generator, ...config } = options;
    const { inChannels, hiddenChannels: width, outChannels, numLayers } = config;
    const { environment = 'mean', action = 'sum', actionChannels = width, actionLayers = 1, dropout = 0 } = config;
    const { temperature = 0.1, learnTemperature = false, layerNorm = false } = config;
    for (const [name, value] of Object.entries({ numLayers, actionLayers })) {
      checkCount(`CoGNN: ${name}`, value);
    }
    check(temperature > 0, () => `CoGNN: the temperature must be above 0, got ${temperature}`);
    const widths = [width, ...Array.from({ length: actionLayers - 1 }, () => actionChannels), 2];
    this.config = config;
    this.env_net = new ModuleList<Linear | Conv>([
      new Linear(inChannels, width, { generator }),
      ...Array.from({ length: numLayers }, () => convolution(environment, width, width, generator)),
      new Linear(width, outChannels, { generator }),
    ]);
    this.in_act_net = new ActionNetwork(action, widths, dropout, generator);
    this.out_act_net = new ActionNetwork(action, widths, dropout, generator);
    this.temp_model = learnTemperature ? new Temperature(width, temperature, generator) : null;
    this.hidden_layer_norm = layerNorm ? new LayerNorm(width) : null;
    this.dropout = new Dropout(dropout, { generator });
    this.#generator = generator;
  }

  /** Loads a checkpoint of this library. */
  static fromPretrained(source: string, options?: OpenOptions): Promise<CoGNN> {
    return loadPretrained(source, cognnFamilies, options);
  }

  /**
   * @param x float32 [nodes, inChannels]
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    return scope(() => this.#run(x, edges, (h) => this.act(h, edges).edgeWeight));
  }

  /** {@link forward}, with what the nodes did in each layer. */
  observe(x: tf.Tensor, edges: EdgeIndex): { readonly value: tf.Tensor; readonly layers: readonly Actions[] } {
    return scope(() => {
      const layers: Actions[] = [];
      const value = this.#run(x, edges, (h) => layers[layers.push(this.act(h, edges)) - 1]!.edgeWeight);
      return { value, layers };
    });
  }

  /**
   * The environment network by itself: the same network without actions, in which every node does the standard thing.
   *
   * @returns float32 [nodes, outChannels]
   */
  environment(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    return scope(() => this.#run(x, edges, () => null));
  }

  /** What the nodes do, given a layer's input [nodes, hiddenChannels]. */
  act(h: tf.Tensor, edges: EdgeIndex): Actions {
    return scope(() => {
      const temperature = this.temp_model?.forward(h) ?? this.config.temperature ?? 0.1;
      const first = (network: ActionNetwork): tf.Tensor => {
        const logits = network.forward(h, edges);
        const sample = this.training
          ? functional.gumbelSoftmax(logits, { temperature, hard: true, generator: this.#generator })
          : tf.oneHot(tf.argMax(logits, -1), 2, 1, 0, 'float32');
        return tf.reshape(tf.slice(sample, [0, 0], [-1, 1]), [h.shape[0]!]);
      };
      const [listen, broadcast] = [first(this.in_act_net), first(this.out_act_net)];
      const edgeWeight = tf.mul(
        functional.segmentGather(broadcast, edges.outgoing),
        functional.segmentGather(listen, edges.incoming),
      );
      return { listen, broadcast, edgeWeight };
    });
  }

  /** @param weightOf gives the weights of a layer's edges, float32 [edges], from the layer's input; null for ones */
  #run(x: tf.Tensor, edges: EdgeIndex, weightOf: (h: tf.Tensor) => tf.Tensor | null): tf.Tensor {
    const { environment = 'mean', skip = false } = this.config;
    const [encoder, ...convs] = this.env_net;
    const decoder = convs.pop() as Linear;
    const norm = (h: tf.Tensor): tf.Tensor => this.hidden_layer_norm?.forward(h) ?? h;
    // as in the authors' code, which their equations leave out
    let h = tf.relu(this.dropout.forward((encoder as Linear).forward(x)));
    for (const conv of convs as Conv[]) {
      const normed = norm(h);
      const y = convolve(environment, conv, normed, edges, weightOf(normed));
      const active = tf.relu(this.dropout.forward(y));
      h = skip ? tf.add(h, active) : active;
    }
    return decoder.forward(norm(h));
  }
}

const modelType = 'hourglass-cognn';

/** Kinds of checkpoint that {@link CoGNN.fromPretrained} reads. */
export const cognnFamilies: ReadonlyArray<ModelFamily<CoGNN>> = [
  ownFamily(modelType, (config: CoGNNOptions) => new CoGNN(config)),
];
