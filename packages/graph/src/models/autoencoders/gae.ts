/*
 * Graph autoencoders: "Variational Graph Auto-Encoders" (Kipf and Welling 2016, arXiv:1611.07308) and "Adversarially Regularized Graph
 * Autoencoder for Graph Embedding" (Pan et al. 2018, arXiv:1802.04407), with the parameter names of PyTorch Geometric's GAE, VGAE,
 * ARGA and ARGVA (MIT).
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  defaultGenerator,
  functional,
  GaussianBottleneck,
  IdentityBottleneck,
  Linear,
  loadPretrained,
  Module,
  normalTensor,
  ownFamily,
  ReLU,
  scope,
  Sequential,
  type Bottleneck,
  type Bottlenecked,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type UnaryModule,
} from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import {
  createEdgeDecoder,
  InnerProductDecoder,
  type EdgeDecoder,
  type EdgeDecoderConfig,
} from '../../layers/decoders/index.js';
import { edgeReconstructionLoss } from '../../losses/index.js';
import { ConvEncoder, type ConvEncoderConfig, type GraphEncoder } from './encoder.js';
import { referenceFamily } from './reference.js';

/** What {@link createGraphAutoencoder} builds a model from; plain data, kept in config.json. */
export interface GraphAutoencoderConfig {
  readonly kind: 'gae' | 'vgae' | 'arga' | 'argva';
  readonly encoder: Omit<ConvEncoderConfig, 'variational'>;
  /** Default: inner products. */
  readonly decoder?: EdgeDecoderConfig;
  /** Also decode the nodes' features: widths of the hidden layers of a decoder of the encoder's convolutions. Default null: not. */
  readonly attributeDecoder?: readonly number[] | null;
  /** Widths of the hidden layers of the discriminator of `arga` and `argva`. Default [64]. */
  readonly discriminator?: readonly number[];
}

export interface GAEOptions {
  /** Default: inner products. */
  readonly decoder?: EdgeDecoder;
  /** Default: none. */
  readonly bottleneck?: Bottleneck;
  /** Gives back the nodes' features of their embeddings. Default: none. */
  readonly attributeDecoder?: GraphEncoder | null;
}

/** Encoder, bottleneck and decoder of edges. */
export class GAE extends ConfiguredModel {
  protected override readonly modelType = modelType;
  override config: Config | null = null;
  readonly encoder: GraphEncoder;
  readonly decoder: EdgeDecoder;
  readonly bottleneck: Bottleneck;
  readonly attribute_decoder: GraphEncoder | null;

  /** @throws InvalidArgumentError when the encoder's width is not the bottleneck's */
  constructor(encoder: GraphEncoder, options: GAEOptions = {}) {
    super();
    const { decoder = new InnerProductDecoder(), bottleneck = new IdentityBottleneck(encoder.outChannels) } = options;
    check(
      encoder.outChannels === bottleneck.inChannels,
      () => `the bottleneck takes ${bottleneck.inChannels} channels, the encoder gives ${encoder.outChannels}`,
    );
    this.encoder = encoder;
    this.decoder = decoder;
    this.bottleneck = bottleneck;
    const { attributeDecoder = null } = options;
    check(
      attributeDecoder === null || attributeDecoder.inChannels === bottleneck.outChannels,
      () => `the attribute decoder takes ${attributeDecoder?.inChannels} channels, embeddings have ${this.channels}`,
    );
    this.attribute_decoder = attributeDecoder;
  }

  /** Width of the embeddings. */
  get channels(): number {
    return this.bottleneck.outChannels;
  }

  /**
   * Embeddings with what the bottleneck says of them.
   *
   * @param x float32 [nodes, features]
   */
  embed(x: tf.Tensor, edges: EdgeIndex): Bottlenecked {
    return scope(() => this.bottleneck.forward(this.encoder.forward(x, edges)));
  }

  /** Embeddings, float32 [nodes, channels]. */
  encode(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    return scope(() => this.embed(x, edges).value);
  }

  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    return this.encode(x, edges);
  }

  /** Probability that each pair is an edge, float32 [pairs]. */
  decode(z: tf.Tensor, pairs: EdgeIndex): tf.Tensor {
    return scope(() => tf.sigmoid(this.decoder.forward(z, pairs)));
  }

  /** Probabilities of all pairs, float32 [nodes, nodes]. @throws InvalidArgumentError above 5,000 nodes */
  decodeAll(z: tf.Tensor): tf.Tensor {
    return scope(() => tf.sigmoid(this.decoder.forwardAll(z)));
  }

  /**
   * The nodes' features as the embeddings have kept them, float32 [nodes, features].
   *
   * @throws InvalidArgumentError for a model without an attribute decoder
   */
  decodeAttributes(z: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    const { attribute_decoder: decoder } = this;
    check(decoder !== null, 'this model decodes edges only; give it an attribute decoder');
    return decoder.forward(z, edges);
  }

  /** Cross entropy of edges against pairs that are none, see {@link edgeReconstructionLoss}. */
  reconstructionLoss(z: tf.Tensor, edges: EdgeIndex, negatives: EdgeIndex): tf.Tensor {
    return scope(() => edgeReconstructionLoss(this.decoder.forward(z, edges), this.decoder.forward(z, negatives)));
  }

  /**
   * Loads a checkpoint of this library or one of PyTorch Geometric's classes around its examples' encoders. What comes is a GAE, VGAE,
   * ARGA or ARGVA, as the checkpoint says.
   *
   * @param source a folder, a URL or a hub id
   * @throws FileError, CheckpointError
   */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GAE> {
    return loadPretrained(source, graphAutoencoderFamilies, options);
  }
}

export interface VGAEOptions {
  readonly decoder?: EdgeDecoder;
  readonly attributeDecoder?: GraphEncoder | null;
  /** For the samples. Default: the default generator. */
  readonly generator?: Generator;
}

/** The Gaussian bottleneck of the reference, whose encoders give logarithms of standard deviations, of at most 10. */
function nodeGaussian(encoder: GraphEncoder, options: VGAEOptions): GaussianBottleneck {
  const { generator } = options;
  return new GaussianBottleneck(encoder.outChannels / 2, {
    spread: 'log-std',
    limits: [-Infinity, 10],
    ...(generator && { generator }),
  });
}

/** A GAE whose embeddings are samples of Gaussians; in evaluation their means. */
export class VGAE extends GAE {
  declare readonly bottleneck: GaussianBottleneck;

  constructor(encoder: GraphEncoder, options: VGAEOptions = {}) {
    super(encoder, { ...options, bottleneck: nodeGaussian(encoder, options) });
  }
}

export interface ARGAOptions extends GAEOptions {
  /** For the samples of the prior. Default: the default generator. */
  readonly generator?: Generator;
}

/** A GAE whose embeddings a discriminator, trained against it, shall not tell from samples of a unit Gaussian. */
export class ARGA extends GAE {
  /** Embeddings [nodes, channels] to logits [nodes, 1] of coming from the prior. */
  readonly discriminator: UnaryModule;
  readonly #generator: Generator | undefined;

  constructor(encoder: GraphEncoder, discriminator: UnaryModule, options: ARGAOptions = {}) {
    super(encoder, options);
    this.discriminator = discriminator;
    this.#generator = options.generator;
  }

  /** What the encoder is trained with: embeddings shall count as samples of the prior. */
  regularisationLoss(z: tf.Tensor): tf.Tensor {
    return scope(() => tf.mean(tf.softplus(tf.neg(this.discriminator.forward(z)))));
  }

  /**
   * What the discriminator is trained with. No gradient flows to the embeddings.
   *
   * @param real float32 [nodes, channels]: samples of the prior. Default: drawn anew.
   */
  discriminatorLoss(z: tf.Tensor, real: tf.Tensor | null = null): tf.Tensor {
    return scope(() => {
      const drawn = real ?? normalTensor(z.shape, 0, 1, this.#generator ?? defaultGenerator());
      const score = (x: tf.Tensor): tf.Tensor => this.discriminator.forward(x);
      return edgeReconstructionLoss(score(drawn), score(functional.stopGradient(z)));
    });
  }
}

/** Names under which the reference's checkpoints hold the same parameters once more. */
class SharedAutoencoder extends Module {
  constructor(
    readonly encoder: GraphEncoder,
    readonly decoder: EdgeDecoder,
  ) {
    super();
  }
}

/** {@link ARGA} with Gaussian embeddings. */
export class ARGVA extends ARGA {
  declare readonly bottleneck: GaussianBottleneck;
  readonly VGAE: Module;

  constructor(encoder: GraphEncoder, discriminator: UnaryModule, options: VGAEOptions = {}) {
    super(encoder, discriminator, { ...options, bottleneck: nodeGaussian(encoder, options) });
    this.VGAE = new SharedAutoencoder(this.encoder, this.decoder);
  }
}

const kinds: Readonly<
  Record<
    GraphAutoencoderConfig['kind'],
    (encoder: ConvEncoder, options: VGAEOptions, discriminator: (channels: number) => UnaryModule) => GAE
  >
> = {
  gae: (encoder, options) => new GAE(encoder, options),
  vgae: (encoder, options) => new VGAE(encoder, options),
  arga: (encoder, options, discriminator) => new ARGA(encoder, discriminator(encoder.outChannels), options),
  argva: (encoder, options, discriminator) => new ARGVA(encoder, discriminator(encoder.outChannels / 2), options),
};

/**
 * Builds a graph autoencoder with random weights.
 *
 * @param generator draws the weights; samples and dropout are the default generator's. Default: that too.
 * @throws InvalidArgumentError for names that are not known
 */
export function createGraphAutoencoder(config: GraphAutoencoderConfig, generator?: Generator): GAE {
  const random = generator === undefined ? {} : { generator };
  const { kind, decoder = { type: 'inner-product' }, discriminator: hidden = [64] } = config;
  check(
    Object.hasOwn(kinds, kind),
    () => `unknown kind ${JSON.stringify(kind)}; known are ${Object.keys(kinds).join(', ')}`,
  );
  const variational = kind === 'vgae' || kind === 'argva';
  const encoder = new ConvEncoder({ ...config.encoder, variational }, random);
  const channels = encoder.outChannels / (variational ? 2 : 1);
  const discriminator = (width: number): UnaryModule => {
    const widths = [width, ...hidden, 1];
    const layers = widths.slice(1).map((outputs, i) => new Linear(widths[i]!, outputs, random));
    return new Sequential(...layers.flatMap((layer, i) => (i === 0 ? [layer] : [new ReLU(), layer])));
  };
  const { attributeDecoder: hiddenChannels = null } = config;
  const features = { type: encoder.config.type, inChannels: channels, outChannels: encoder.inChannels };
  const options = {
    decoder: createEdgeDecoder(decoder, channels, random),
    attributeDecoder: hiddenChannels && new ConvEncoder({ ...features, hiddenChannels }, random),
  };
  const model = kinds[kind](encoder, options, discriminator);
  model.config = { ...config };
  return model;
}

const modelType = 'hourglass-graph-autoencoder';

/** Kinds of checkpoint that {@link GAE.fromPretrained} reads. */
export const graphAutoencoderFamilies: ReadonlyArray<ModelFamily<GAE>> = [
  ownFamily(modelType, (config: GraphAutoencoderConfig) => createGraphAutoencoder(config)),
  referenceFamily((config) => createGraphAutoencoder(config)),
];
