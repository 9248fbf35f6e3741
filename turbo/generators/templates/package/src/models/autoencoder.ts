import {
  check,
  checkCount,
  ConfiguredModel,
  defaultGenerator,
  loadPretrained,
  ownFamily,
  scope,
  type Bottleneck,
  type Config,
  type Generator,
  type ModelFamily,
  type OpenOptions,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { bottleneckNames, bottlenecks, type BottleneckName } from './bottlenecks.js';
import { SequenceDecoder } from './decoder.js';
import { SequenceEncoder } from './encoder.js';
import { defaultSetup, readSetup, type SequenceSetup } from './setup.js';

/** What a model is built from; plain data, kept in config.json. */
export interface AutoencoderConfig {
  /** Channels of the sequences. */
  readonly channels: number;
  /** Channels inside. */
  readonly width: number;
  /** Each halves the length. */
  readonly levels: number;
  /** Numbers that are left of each step of the shortened sequence. */
  readonly latent: number;
  readonly bottleneck: BottleneckName;
}

/** What a model says of sequences. */
export interface AutoencoderOutputs {
  /** [N, L, channels] */
  readonly reconstruction: tf.Tensor;
  /** Scalar of the bottleneck that joins the loss. */
  readonly penalty: tf.Tensor;
}

/** What {@link createAutoencoder} takes; everything but the channels has a default. */
export type AutoencoderOptions = Partial<AutoencoderConfig> &
  Pick<AutoencoderConfig, 'channels'> & {
    /** Draws the weights; the default generator otherwise. */
    readonly generator?: Generator;
  };

/** Encoder, bottleneck and decoder for sequences. Build one with {@link createAutoencoder}. */
export class SequenceAutoencoder extends ConfiguredModel<AutoencoderConfig> {
  protected override readonly modelType = modelType;
  override readonly config: AutoencoderConfig;
  /** Normalisation of the sequences. Set by training, kept in config.json. */
  setup: SequenceSetup;
  readonly encoder: SequenceEncoder;
  readonly bottleneck: Bottleneck;
  readonly decoder: SequenceDecoder;

  /** Draws all weights anew. @throws InvalidArgumentError for sizes that are no positive integers. */
  constructor(config: AutoencoderConfig, generator: Generator = defaultGenerator()) {
    super();
    for (const name of ['channels', 'width', 'levels', 'latent'] as const) checkCount(name, config[name]);
    const { channels, width, levels, latent, bottleneck } = config;
    check(
      Object.hasOwn(bottlenecks, bottleneck),
      () => `unknown bottleneck ${JSON.stringify(bottleneck)}; known are ${bottleneckNames.join(', ')}`,
    );
    this.config = { channels, width, levels, latent, bottleneck };
    this.setup = defaultSetup(channels);
    this.bottleneck = bottlenecks[bottleneck](latent);
    const { inChannels, outChannels } = this.bottleneck;
    this.encoder = new SequenceEncoder({ channels, width, levels, outChannels: inChannels, generator });
    const { stride } = this.encoder;
    this.decoder = new SequenceDecoder({ inChannels: outChannels, stride, width, channels, generator });
  }

  /**
   * Loads what {@link savePretrained} wrote.
   * @param source a folder, a URL or a hub id
   * @throws FileError, CheckpointError
   */
  static fromPretrained(source: string, options?: OpenOptions): Promise<SequenceAutoencoder> {
    return loadPretrained(source, families, options);
  }

  /** What config.json of a checkpoint of this model holds: its setup too. */
  override checkpointConfig(): Config {
    return { ...super.checkpointConfig(), setup: this.setup };
  }

  /** Normalised sequences [N, L, channels] of any length to their reconstructions, of the same shape. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.outputs(x).reconstruction);
  }

  /** {@link forward}, and what the bottleneck adds to the loss. */
  outputs(x: tf.Tensor): AutoencoderOutputs {
    const { channels } = this.config;
    check(
      x.rank === 3 && x.shape[2] === channels && x.shape[1]! > 0,
      () => `expected sequences of shape [N, L, ${channels}], got [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const { value, penalty } = this.bottleneck.forward(this.encoder.forward(this.#padded(x)));
      return { reconstruction: tf.slice(this.decoder.forward(value), [0, 0, 0], [-1, x.shape[1]!, -1]), penalty };
    });
  }

  /** Repeats the last step until the encoder's stride divides the length. */
  #padded(x: tf.Tensor): tf.Tensor {
    const [count, length, channels] = x.shape as [number, number, number];
    const { stride } = this.encoder;
    const missing = Math.ceil(length / stride) * stride - length;
    if (missing === 0) return x;
    const last = tf.slice(x, [0, length - 1, 0], [count, 1, channels]);
    return tf.concat([x, tf.tile(last, [1, missing, 1])], 1);
  }
}

/** Builds a model with random weights; plain options, see {@link AutoencoderOptions}. */
export function createAutoencoder(options: AutoencoderOptions): SequenceAutoencoder {
  const { channels, width = 16, levels = 2, latent = 4, bottleneck = 'identity', generator } = options;
  return new SequenceAutoencoder({ channels, width, levels, latent, bottleneck }, generator);
}

const modelType = 'hourglass-__name__-autoencoder';

const families: ReadonlyArray<ModelFamily<SequenceAutoencoder>> = [
  ownFamily(modelType, ({ setup, ...config }: AutoencoderConfig & { readonly setup?: unknown }) => {
    const model = new SequenceAutoencoder(config);
    if (setup !== undefined) model.setup = readSetup(setup, model.config.channels);
    return model;
  }),
];
