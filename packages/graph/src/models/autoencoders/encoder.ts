import * as tf from '@tensorflow/tfjs-core';
import { check, Dropout, Module, scope, type Generator } from '@hourglass/core';
import type { EdgeIndex } from '../../edges/index.js';
import { GATConv, GATv2Conv, GCNConv, SAGEConv, type ConvOptions } from '../../layers/index.js';

/** What autoencoders take as encoder. */
export interface GraphEncoder extends Module {
  readonly inChannels: number;
  /** Width of the output. For a Gaussian bottleneck twice the embedding's: means, then spreads. */
  readonly outChannels: number;
  /**
   * @param x float32 [nodes, inChannels]
   * @returns float32 [nodes, outChannels]
   */
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor;
}

interface Conv extends Module {
  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor;
}

/** Convolutions that {@link ConvEncoder} is made of, by the names in its configuration. */
export const encoderConvs: Readonly<
  Record<string, (inChannels: number, outChannels: number, options: ConvOptions) => Conv>
> = {
  gcn: (inChannels, outChannels, options) => new GCNConv(inChannels, outChannels, options),
  gat: (inChannels, outChannels, options) => new GATConv(inChannels, outChannels, options),
  gatv2: (inChannels, outChannels, options) => new GATv2Conv(inChannels, outChannels, options),
  sage: (inChannels, outChannels, options) => new SAGEConv(inChannels, outChannels, options),
};

/** Plain data, kept in config.json. */
export interface ConvEncoderConfig {
  /** Which convolution: `gcn`, `gat`, … */
  readonly type: string;
  readonly inChannels: number;
  /** Widths of the hidden layers. Default [32]. */
  readonly hiddenChannels?: readonly number[];
  /** Width of the embedding. Default 16. */
  readonly outChannels?: number;
  /** Two last convolutions beside each other: means and logarithms of standard deviations. Default false. */
  readonly variational?: boolean;
  /** A hidden layer adds its input where that is as wide: residual modules (ResVGAE, Nallbani et al. 2021). Default false. */
  readonly residual?: boolean;
  /** Of the input of every layer. Default 0. */
  readonly dropout?: number;
  /** Default true. */
  readonly bias?: boolean;
}

/**
 * Convolutions with ReLU between them: `conv1`, `conv2`, …, the last without; or in place of the last one `conv_mu` and `conv_logstd`,
 * whose outputs stand side by side.
 */
export class ConvEncoder extends Module implements GraphEncoder {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly variational: boolean;
  readonly config: ConvEncoderConfig;
  readonly dropout: Dropout;
  readonly #hidden: readonly Conv[];
  readonly #last: readonly Conv[];

  /**
   * @param options `generator` draws the weights; dropout is the default generator's
   * @throws InvalidArgumentError for an unknown convolution
   */
  constructor(config: ConvEncoderConfig, options: { readonly generator?: Generator } = {}) {
    super();
    const { type, inChannels, hiddenChannels = [32], outChannels = 16, variational = false, bias = true } = config;
    check(
      Object.hasOwn(encoderConvs, type),
      () => `unknown encoder ${JSON.stringify(type)}; known are ${Object.keys(encoderConvs).join(', ')}`,
    );
    const conv = (from: number, to: number): Conv => encoderConvs[type]!(from, to, { bias, ...options });
    const named = (name: string, from: number, to: number): Conv => {
      const layer = conv(from, to);
      // a field, so that its parameters have names
      Object.defineProperty(this, name, { value: layer, enumerable: true });
      return layer;
    };
    this.config = config;
    this.inChannels = inChannels;
    this.outChannels = variational ? 2 * outChannels : outChannels;
    this.variational = variational;
    this.dropout = new Dropout(config.dropout ?? 0);
    const widths = [inChannels, ...hiddenChannels];
    this.#hidden = hiddenChannels.map((width, i) => named(`conv${i + 1}`, widths[i]!, width));
    const names = variational ? ['conv_mu', 'conv_logstd'] : [`conv${widths.length}`];
    this.#last = names.map((name) => named(name, widths.at(-1)!, outChannels));
  }

  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    return scope(() => {
      let h = x;
      for (const conv of this.#hidden) {
        const y = tf.relu(conv.forward(this.dropout.forward(h), edges));
        h = this.config.residual === true && y.shape[1] === h.shape[1] ? tf.add(y, h) : y;
      }
      h = this.dropout.forward(h);
      const [first, ...more] = this.#last.map((conv) => conv.forward(h, edges));
      return more.length === 0 ? first! : tf.concat([first!, ...more], 1);
    });
  }
}
