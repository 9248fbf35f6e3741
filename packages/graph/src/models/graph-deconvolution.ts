/*
 * "Learning Graph Structure from Convolutional Mixtures" (Wasserman et al. 2022, arXiv:2205.09575): graph deconvolution networks.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  functional,
  loadPretrained,
  Module,
  ModuleList,
  normalTensor,
  ownFamily,
  Parameter,
  scope,
  type Generator,
  type OpenOptions,
} from '@hourglass/core';
import { denseLimit } from '../layers/decoders/decoder.js';

/**
 * One step of proximal gradient descent on how well polynomials of a latent graph explain an observed one, with learned sizes of its
 * terms: ReLU(α A + β (O A + A O) + γ O - τ) for each pair of an incoming and an outgoing graph, averaged over the incoming ones;
 * no loops. The ReLU with its threshold is the proximal step of sparse graphs without negative edges.
 */
export class GraphDeconvolutionLayer extends Module {
  /** Each [inGraphs, outGraphs]. */
  readonly alpha: Parameter;
  readonly beta: Parameter;
  readonly gamma: Parameter;
  readonly tau: Parameter;

  constructor(
    readonly inGraphs: number,
    readonly outGraphs: number,
    options: { readonly generator?: Generator } = {},
  ) {
    super();
    const { generator } = options;
    const around = (mean: number, std: number): Parameter =>
      new Parameter(normalTensor([inGraphs, outGraphs], mean, std, generator));
    this.alpha = around(0.5, 0.2);
    this.beta = around(-0.1, 0.2);
    this.gamma = around(0.5, 0.2);
    this.tau = around(0.05, 0.02);
  }

  /**
   * @param latent float32 [batch, inGraphs, nodes, nodes], symmetric
   * @param observed float32 [batch, nodes, nodes], symmetric
   * @returns float32 [batch, outGraphs, nodes, nodes], symmetric
   */
  forward(latent: tf.Tensor, observed: tf.Tensor): tf.Tensor {
    const [batch, graphs, nodes] = latent.shape as [number, number, number];
    check(
      graphs === this.inGraphs && tf.util.arraysEqual(observed.shape, [batch, nodes, nodes]),
      () =>
        `GraphDeconvolutionLayer takes [batch, ${this.inGraphs}, nodes, nodes] and [batch, nodes, nodes], ` +
        `got [${latent.shape.join(', ')}] and [${observed.shape.join(', ')}]`,
    );
    return scope(() => {
      const each = tf.expandDims(observed, 1);
      const product = tf.matMul(tf.broadcastTo(each, latent.shape), latent);
      // both are symmetric, so that the product the other way round is the transposed one
      const mixed = tf.add(product, tf.transpose(product, [0, 1, 3, 2]));
      const times = (size: Parameter, graphs: tf.Tensor): tf.Tensor =>
        tf.mul(tf.reshape(size.value, [1, this.inGraphs, this.outGraphs, 1, 1]), tf.expandDims(graphs, 2));
      const moved = tf.add(times(this.alpha, latent), tf.add(times(this.beta, mixed), times(this.gamma, each)));
      const threshold = tf.reshape(this.tau.value, [1, this.inGraphs, this.outGraphs, 1, 1]);
      const sparse = tf.mean(tf.relu(tf.sub(moved, threshold)), 1);
      return tf.mul(sparse, tf.sub(1, tf.eye(nodes)));
    });
  }
}

/** Plain data, kept in config.json. */
export interface GDNConfig {
  /** Default 6. */
  readonly layers?: number;
  /** Graphs beside each other within. Default 4. */
  readonly channels?: number;
}

export interface GDNOptions extends GDNConfig {
  readonly generator?: Generator;
}

/**
 * Recovers latent graphs from observed ones that mix walks of several lengths along them. Learned from pairs, and used on graphs of any
 * size. The algorithm is one of dense matrices: at most 5,000 nodes.
 */
export class GDN extends ConfiguredModel<GDNConfig> {
  protected override readonly modelType = modelType;
  override readonly config: GDNConfig;
  readonly layers: ModuleList<GraphDeconvolutionLayer>;

  constructor(options: GDNOptions = {}) {
    super();
    const { layers = 6, channels = 4, ...random } = options;
    check(layers > 0 && channels > 0, () => `GDN of ${layers} layers and ${channels} channels`);
    this.config = { layers, channels };
    const width = (i: number): number => (i === 0 || i === layers ? 1 : channels);
    this.layers = new ModuleList(
      Array.from({ length: layers }, (_, i) => new GraphDeconvolutionLayer(width(i), width(i + 1), random)),
    );
  }

  /** @param source a folder, a URL or a hub id @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GDN> {
    return loadPretrained(source, families, options);
  }

  /**
   * @param observed float32 [batch, nodes, nodes], symmetric
   * @param prior float32 [batch, nodes, nodes]: a first guess of the latent graphs. Default: none.
   * @returns float32 [batch, nodes, nodes]: weights of edges, at least 0
   * @throws InvalidArgumentError for matrices that are not square, or of more than 5,000 nodes
   */
  forward(observed: tf.Tensor, prior: tf.Tensor | null = null): tf.Tensor {
    const [batch, nodes, columns] = observed.shape as [number, number, number];
    check(
      observed.rank === 3 && nodes === columns && nodes <= denseLimit,
      () => `GDN takes [batch, nodes, nodes] of at most ${denseLimit} nodes, got [${observed.shape.join(', ')}]`,
    );
    return scope(() => {
      const scaled = spectrallyNormalised(observed);
      let latent = prior === null ? tf.zeros([batch, 1, nodes, nodes]) : tf.expandDims(prior, 1);
      const last = this.layers.length - 1;
      [...this.layers].forEach((layer, i) => {
        latent = layer.forward(latent, scaled);
        // between layers, so that products of graphs keep their size
        if (i < last) latent = tf.div(latent, tf.maximum(tf.max(latent, [2, 3], true), 1e-6));
      });
      return tf.squeeze(latent, [1]);
    });
  }
}

const modelType = 'hourglass-gdn';
const families = [ownFamily(modelType, (config: GDNConfig) => new GDN(config))];

/** Symmetric matrices over their largest absolute eigenvalue, which power iteration finds; that counts as constant. */
function spectrallyNormalised(matrices: tf.Tensor): tf.Tensor {
  return scope(() => {
    const constant = functional.stopGradient(matrices);
    const [batch, nodes] = matrices.shape as [number, number];
    let vector: tf.Tensor = tf.ones([batch, nodes, 1]);
    let size: tf.Tensor = tf.ones([batch, 1, 1]);
    for (let step = 0; step < 30; step++) {
      const next = tf.matMul(constant, vector);
      size = tf.maximum(tf.sqrt(tf.sum(tf.square(next), 1, true)), 1e-12);
      vector = tf.div(next, size);
    }
    return tf.div(matrices, size);
  });
}
