/*
 * "GraphMAE: Self-Supervised Masked Graph Autoencoders" (Hou et al. 2022, arXiv:2205.10803), with the parameter names of its program
 * (github THUDM/GraphMAE, MIT).
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  defaultGenerator,
  Linear,
  loadPretrained,
  losses,
  ownFamily,
  Parameter,
  scope,
  type Generator,
  type OpenOptions,
} from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { ConvEncoder, type ConvEncoderConfig, type GraphEncoder } from './autoencoders/encoder.js';

export interface MaskingOptions {
  /** Share of the nodes whose features are hidden. Default 0.5. */
  readonly maskRate?: number;
  /** Share of these that get the features of another node in place of the mask. Default 0.05. */
  readonly replaceRate?: number;
  /** Exponent of the loss. Default 2. */
  readonly gamma?: number;
}

/** Everything but the encoder's input has a default; plain data, kept in config.json. */
export interface GraphMAEConfig extends MaskingOptions {
  readonly encoder: ConvEncoderConfig;
  /** Default: one graph convolution. Its widths at both ends follow from the encoder. */
  readonly decoder?: Partial<Pick<ConvEncoderConfig, 'type' | 'hiddenChannels'>>;
}

/**
 * Hides the features of some nodes and learns to give them back: the encoder sees a learned mask in their place; the decoder, a graph
 * network too, sees nothing of these nodes (their codes are set to zero), so that neighbours' codes must tell.
 */
export class GraphMAE extends ConfiguredModel<GraphMAEConfig> {
  protected override readonly modelType = modelType;
  override config: GraphMAEConfig | null = null;
  /** [1, features] */
  readonly enc_mask_token: Parameter;
  readonly encoder: GraphEncoder;
  readonly encoder_to_decoder: Linear;
  readonly decoder: GraphEncoder;
  readonly masking: Required<MaskingOptions>;

  /** @throws InvalidArgumentError when the decoder does not lead from the encoder's output to its input */
  constructor(
    encoder: GraphEncoder,
    decoder: GraphEncoder,
    options: MaskingOptions & { readonly generator?: Generator } = {},
  ) {
    super();
    const { maskRate = 0.5, replaceRate = 0.05, gamma = 2, ...random } = options;
    check(maskRate > 0 && maskRate < 1, () => `maskRate must lie between 0 and 1, got ${maskRate}`);
    check(replaceRate >= 0 && replaceRate <= 1, () => `replaceRate must lie in [0, 1], got ${replaceRate}`);
    check(
      decoder.inChannels === encoder.outChannels && decoder.outChannels === encoder.inChannels,
      () =>
        `the decoder must lead from ${encoder.outChannels} to ${encoder.inChannels} channels, ` +
        `it leads from ${decoder.inChannels} to ${decoder.outChannels}`,
    );
    this.masking = { maskRate, replaceRate, gamma };
    this.enc_mask_token = new Parameter(tf.zeros([1, encoder.inChannels]));
    this.encoder = encoder;
    this.encoder_to_decoder = new Linear(encoder.outChannels, encoder.outChannels, { bias: false, ...random });
    this.decoder = decoder;
  }

  /** A model of convolutions with random weights. @param generator draws the weights. Default: the default generator. */
  static create(config: GraphMAEConfig, generator?: Generator): GraphMAE {
    const random = generator === undefined ? {} : { generator };
    const { encoder: given, decoder: { type = 'gcn', hiddenChannels = [] } = {}, ...masking } = config;
    const encoder = new ConvEncoder(given, random);
    const ends = { inChannels: encoder.outChannels, outChannels: encoder.inChannels };
    const decoder = new ConvEncoder({ type, hiddenChannels, ...ends }, random);
    const model = new GraphMAE(encoder, decoder, { ...masking, ...random });
    model.config = { ...config };
    return model;
  }

  /** @param source a folder, a URL or a hub id @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GraphMAE> {
    return loadPretrained(source, families, options);
  }

  /** Embeddings of the nodes, nothing hidden: float32 [nodes, channels]. */
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    return this.encoder.forward(x, edges);
  }

  /**
   * Scaled cosine error of the hidden nodes' features. Which are hidden is drawn anew at each call.
   *
   * @param x float32 [nodes, features]
   * @param generator default: the default generator
   * @returns scalar
   */
  loss(x: tf.Tensor, edges: EdgeIndex, generator: Generator = defaultGenerator()): tf.Tensor {
    const { maskRate, replaceRate, gamma } = this.masking;
    const nodes = edges.nodes;
    const order = Int32Array.from(generator.permutation(nodes));
    const hidden = order.subarray(0, Math.max(1, Math.round(maskRate * nodes)));
    const replaced = Math.round(replaceRate * hidden.length);
    // rows of [x, mask] that the encoder sees in place of each node's
    const seen = Int32Array.from({ length: nodes }, (_, node) => node);
    hidden.forEach((node, i) => (seen[node] = i < replaced ? generator.integer(0, nodes) : nodes));
    const isSeen = new Float32Array(nodes).fill(1);
    for (const node of hidden) isSeen[node] = 0;
    return scope(() => {
      const masked = tf.gather(tf.concat([x, this.enc_mask_token.value]), tf.tensor1d(seen, 'int32'));
      const codes = this.encoder_to_decoder.forward(this.encoder.forward(masked, edges));
      const remasked = tf.mul(codes, tf.tensor2d(isSeen, [nodes, 1]));
      const restored = this.decoder.forward(remasked, edges);
      const rows = tf.tensor1d(hidden, 'int32');
      return losses.scaledCosine(tf.gather(restored, rows), tf.gather(x, rows), { gamma });
    });
  }
}

const modelType = 'hourglass-graph-mae';
const families = [ownFamily(modelType, (config: GraphMAEConfig) => GraphMAE.create(config))];
