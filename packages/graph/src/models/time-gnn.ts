/*
 * "Time-varying Signals Recovery via Graph Neural Networks" (Castro-Correa et al. 2023, arXiv:2302.11313): TimeGNN.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  checkCount,
  ConfiguredModel,
  functional,
  loadPretrained,
  losses,
  Module,
  ModuleList,
  ownFamily,
  Parameter,
  scope,
  type Generator,
  type OpenOptions,
} from '@hourglass/core';
import { laplacian, type EdgeIndex } from '../edges/index.js';
import { ChebConv, type ChebConvInputs } from '../layers/index.js';

/** Σ μ_k z_k, where z_k is the result of a Chebyshev convolution of order k: a cascade from near neighbours to far ones. */
export class ChebCascade extends Module {
  readonly convs: ModuleList<ChebConv>;
  /** [orders] */
  readonly mu: Parameter;

  /** @param orders the highest order; 1 mixes no neighbours */
  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    orders: number,
    options: { readonly generator?: Generator } = {},
  ) {
    super();
    checkCount('ChebCascade: orders', orders);
    this.convs = new ModuleList(
      Array.from({ length: orders }, (_, i) => new ChebConv(inChannels, outChannels, { K: i + 1, ...options })),
    );
    this.mu = new Parameter(tf.fill([orders], 1 / orders));
  }

  /** @param x float32 [nodes, inChannels] */
  forward(x: tf.Tensor, edges: EdgeIndex, inputs: ChebConvInputs = {}): tf.Tensor {
    return scope(() => {
      const shares = tf.unstack(this.mu.value);
      return tf.addN([...this.convs].map((conv, i) => tf.mul(conv.forward(x, edges, inputs), shares[i]!)));
    });
  }
}

/** Plain data, kept in config.json. */
export interface TimeGNNConfig {
  /** Length of the signals. */
  readonly times: number;
  /** Widths of the encoder's layers; the decoder has the same the other way round. Default [64]. */
  readonly hiddenChannels?: readonly number[];
  /** Order of the highest Chebyshev convolution of a layer. Default 3. */
  readonly orders?: number;
}

export interface TimeGNNOptions extends TimeGNNConfig {
  readonly generator?: Generator;
}

/** Recovers signals on a graph, all times at once, from those of their values that are known. */
export class TimeGNN extends ConfiguredModel<TimeGNNConfig> {
  protected override readonly modelType = modelType;
  override readonly config: TimeGNNConfig;
  readonly layers: ModuleList<ChebCascade>;

  readonly times: number;

  constructor(options: TimeGNNOptions) {
    super();
    const { generator, ...config } = options;
    const { times, hiddenChannels = [64], orders = 3 } = config;
    const random = { generator };
    this.config = config;
    this.times = times;
    const widths = [...hiddenChannels, ...hiddenChannels.slice(0, -1).toReversed(), times];
    this.layers = new ModuleList(
      widths.map((width, i) => new ChebCascade(i === 0 ? 2 * times : widths[i - 1]!, width, orders, random)),
    );
  }

  /** @param source a folder, a URL or a hub id @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<TimeGNN> {
    return loadPretrained(source, families, options);
  }

  /**
   * @param signal float32 [nodes, times]; what is not known is not looked at
   * @param known float32 [nodes, times]: 1 where the value is known, else 0
   * @returns float32 [nodes, times]
   */
  forward(signal: tf.Tensor, known: tf.Tensor, edges: EdgeIndex, inputs: ChebConvInputs = {}): tf.Tensor {
    check(
      tf.util.arraysEqual(signal.shape, known.shape) && signal.rank === 2 && signal.shape[1] === this.times,
      () =>
        `TimeGNN takes a signal and a mask [nodes, ${this.times}], got [${signal.shape.join(', ')}] and [${known.shape.join(', ')}]`,
    );
    return scope(() => {
      let x: tf.Tensor = tf.concat([tf.mul(signal, known), known], 1);
      const last = this.layers.length - 1;
      [...this.layers].forEach((layer, i) => {
        x = layer.forward(x, edges, inputs);
        if (i < last) x = functional.leakyRelu(x);
      });
      return x;
    });
  }

  /**
   * Squared error of the values that are known, and how rough the recovered signal's changes in time are on the graph.
   *
   * @param target float32 [nodes, times]
   * @param scored float32 [nodes, times]: 1 where the target counts
   * @param options `smoothness` weighs the roughness, by default 0.01; `epsilon` and `power` as for {@link sobolevSmoothness}
   */
  loss(
    recovered: tf.Tensor,
    target: tf.Tensor,
    scored: tf.Tensor,
    edges: EdgeIndex,
    options: SobolevOptions & { readonly smoothness?: number } = {},
  ): tf.Tensor {
    const { smoothness = 0.01 } = options;
    return scope(() => {
      const error = losses.mse(tf.mul(recovered, scored), tf.mul(target, scored), { reduction: 'sum' });
      const fit = tf.div(error, tf.maximum(tf.sum(scored), 1));
      if (smoothness === 0) return fit;
      return tf.add(fit, tf.mul(sobolevSmoothness(temporalDifference(recovered), edges, options), smoothness));
    });
  }
}

const modelType = 'hourglass-time-gnn';
const families = [ownFamily(modelType, (config: TimeGNNConfig) => new TimeGNN(config))];

/** Changes from each time to the next: [nodes, times] to [nodes, times - 1]. */
export function temporalDifference(x: tf.Tensor): tf.Tensor {
  const [nodes, times] = x.shape as [number, number];
  return scope(() => tf.sub(tf.slice(x, [0, 1], [nodes, times - 1]), tf.slice(x, [0, 0], [nodes, times - 1])));
}

export interface SobolevOptions {
  /** Added to the Laplacian's diagonal. Default 0.1. */
  readonly epsilon?: number;
  /** Power of the Laplacian, a whole number. Default 1. */
  readonly power?: number;
}

/**
 * tr(xᵀ (L + εI)^power x) over the number of values: small where neighbours have like values (Giraldo et al. 2022).
 *
 * @param x float32 [nodes, width]
 */
export function sobolevSmoothness(x: tf.Tensor, edges: EdgeIndex, options: SobolevOptions = {}): tf.Tensor {
  const { epsilon = 0.1, power = 1 } = options;
  checkCount('sobolevSmoothness: power', power);
  return scope(() => {
    const { edges: target, weight } = laplacian(edges, null);
    let y = x;
    for (let step = 0; step < power; step++) {
      y = tf.add(functional.spmm(target.adjacency, weight, y), tf.mul(y, epsilon));
    }
    return tf.div(tf.sum(tf.mul(x, y)), x.size);
  });
}
