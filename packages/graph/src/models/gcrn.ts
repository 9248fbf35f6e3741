/*
 * "Structured Sequence Modeling with Graph Convolutional Recurrent Networks" (Seo et al. 2016, arXiv:1612.07659).
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  ConfiguredModel,
  Linear,
  loadPretrained,
  ownFamily,
  scope,
  type Generator,
  type OpenOptions,
} from '@hourglass/core';
import type { EdgeIndex } from '../edges/index.js';
import { ChebConv, GConvLSTM, type ChebConvInputs } from '../layers/index.js';

/** Plain data, kept in config.json. */
export interface GCRNConfig {
  readonly inChannels: number;
  readonly hiddenChannels: number;
  readonly outChannels: number;
  /**
   * Where the graph comes in: `M1`, a graph convolution before an LSTM of each node; `M2`, graph convolutions as the LSTM's gates. Default
   * `M2`.
   */
  readonly kind?: 'M1' | 'M2';
  /** Chebyshev polynomials. Default 3. */
  readonly K?: number;
}

export interface GCRNOptions extends GCRNConfig {
  readonly generator?: Generator;
}

/** Sequences of signals on a graph, to what is to come of each: a graph convolutional LSTM and a linear map of each node. */
export class GCRN extends ConfiguredModel<GCRNConfig> {
  protected override readonly modelType = modelType;
  override readonly config: GCRNConfig;
  readonly conv: ChebConv | null;
  readonly lstm: GConvLSTM;
  readonly lin: Linear;

  constructor(options: GCRNOptions) {
    super();
    const { generator, ...config } = options;
    const { inChannels, hiddenChannels, outChannels, kind = 'M2', K = 3 } = config;
    const random = generator === undefined ? {} : { generator };
    check(kind === 'M1' || kind === 'M2', () => `GCRN: unknown kind ${JSON.stringify(kind)}; there are M1 and M2`);
    this.config = config;
    this.conv = kind === 'M1' ? new ChebConv(inChannels, hiddenChannels, { K, ...random }) : null;
    this.lstm = new GConvLSTM(kind === 'M1' ? hiddenChannels : inChannels, hiddenChannels, {
      K: kind === 'M1' ? 1 : K,
      ...random,
    });
    this.lin = new Linear(hiddenChannels, outChannels, random);
  }

  /** @param source a folder, a URL or a hub id @throws FileError, CheckpointError */
  static fromPretrained(source: string, options?: OpenOptions): Promise<GCRN> {
    return loadPretrained(source, families, options);
  }

  /**
   * @param x float32 [time, nodes, inChannels]; sequences on one graph are a batch as copies of the graph beside each other
   * @returns float32 [time, nodes, outChannels]: at each time from what was up to then
   */
  forward(x: tf.Tensor, edges: EdgeIndex, inputs: ChebConvInputs = {}): tf.Tensor {
    check(x.rank === 3, () => `GCRN takes sequences [time, nodes, channels], got [${x.shape.join(', ')}]`);
    return scope(() => {
      const { conv } = this;
      const seen =
        conv === null ? x : tf.stack(tf.unstack(x).map((frame) => tf.relu(conv.forward(frame, edges, inputs))));
      return this.lin.forward(this.lstm.sequence(seen, edges, inputs));
    });
  }
}

const modelType = 'hourglass-gcrn';
const families = [ownFamily(modelType, (config: GCRNConfig) => new GCRN(config))];
