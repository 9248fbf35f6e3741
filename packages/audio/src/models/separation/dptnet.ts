/**
 * DPTNet: "Dual-Path Transformer Network: Direct Context-Aware Modeling for End-to-End Monaural Speech Separation", Chen et al. 2020,
 * arXiv:2007.13975, as in asteroid (https://github.com/asteroid-team/asteroid, MIT), whose names the parameters have.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  Conv1d,
  Conv2d,
  Dropout,
  Linear,
  loadPretrained,
  LSTM,
  Module,
  ModuleList,
  MultiheadAttention,
  ownFamily,
  PReLU,
  referenceFamily,
  scope,
  Sequential,
  Sigmoid,
  Tanh,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type UnaryModule,
} from '@hourglass/core';
import { acrossChunks, addChunks, chunkingOf, cutChunks, type Chunking } from '../../layers/dual-path.js';
import { separationActivation } from '../../layers/separation-activations.js';
import { separationNorm } from '../../layers/separation-norms.js';
import { alongRows, chunksBySource } from './dprnn-tasnet.js';
import { EncoderMaskerDecoder, openFilterbank } from './encoder-masker-decoder.js';
import type { FilterbankConfig } from './filterbank-config.js';

/** asteroid's arguments of `DPTNet`. */
export interface DPTNetConfig extends FilterbankConfig {
  readonly nSrc: number;
  /** Default 4. */
  readonly nHeads?: number;
  /** Of the recurrent layer in the place of a feed-forward one. Default 256. */
  readonly ffHid?: number;
  /** Frames of a chunk. Default 100. */
  readonly chunkSize?: number;
  /** Default half a chunk. */
  readonly hopSize?: number | null;
  /** Default 6. */
  readonly nRepeats?: number;
  /** Default `gLN`. */
  readonly normType?: string;
  /** Default `relu`. */
  readonly ffActivation?: string;
  /** Default `relu`. */
  readonly encoderActivation?: string | null;
  /** Default `relu`. */
  readonly maskAct?: string;
  /** Across chunks; inside a chunk it always is. Default true. */
  readonly bidirectional?: boolean;
  /** Default 0. */
  readonly dropout?: number;
}

type LayerOptions = Required<Pick<DPTNetConfig, 'nHeads' | 'ffHid' | 'normType' | 'ffActivation' | 'dropout'>>;

/** Attention, then a recurrent layer; each with a norm and a way around it. */
export class ImprovedTransformedLayer extends Module implements UnaryModule {
  readonly mha: MultiheadAttention;
  readonly dropout: Dropout;
  readonly recurrent: LSTM;
  readonly linear: Linear;
  readonly activation: UnaryModule;
  readonly norm_mha: UnaryModule;
  readonly norm_ff: UnaryModule;

  constructor(channels: number, options: LayerOptions, bidirectional: boolean, generator?: Generator) {
    super();
    const { nHeads, ffHid, normType, dropout } = options;
    const drawn = generator === undefined ? {} : { generator };
    this.mha = new MultiheadAttention(channels, nHeads, { dropout, batchFirst: true, ...drawn });
    this.dropout = new Dropout(dropout, drawn);
    this.recurrent = new LSTM(channels, ffHid, { bidirectional, batchFirst: true, ...drawn });
    this.linear = new Linear(bidirectional ? 2 * ffHid : ffHid, channels, drawn);
    this.activation = separationActivation(options.ffActivation);
    this.norm_mha = separationNorm(normType, channels);
    this.norm_ff = separationNorm(normType, channels);
  }

  /** x [N, steps, channels]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const attended = this.mha.forward(x, x, x, { needWeights: false }).output;
      const y = this.norm_mha.forward(tf.add(this.dropout.forward(attended), x));
      const hidden = this.dropout.forward(this.activation.forward(this.recurrent.forward(y).output));
      return this.norm_ff.forward(tf.add(this.dropout.forward(this.linear.forward(hidden)), y));
    });
  }
}

/** The dual-path network that makes the masks. */
export class DPTransformer extends Module implements UnaryModule {
  /** Where the features do not divide into the heads. */
  readonly input_layer?: Linear;
  readonly in_norm: UnaryModule;
  readonly layers: ModuleList<ModuleList<ImprovedTransformedLayer>>;
  readonly first_out: Sequential;
  readonly net_out: Sequential;
  readonly net_gate: Sequential;
  readonly output_act: UnaryModule;
  readonly #chunking: Chunking;
  readonly #sources: number;

  constructor(
    inChan: number,
    options: LayerOptions & Chunking & { nSrc: number; nRepeats: number; maskAct: string; bidirectional: boolean },
    generator?: Generator,
  ) {
    super();
    const { nSrc, nHeads, nRepeats, normType } = options;
    const drawn = generator === undefined ? {} : { generator };
    const width = Math.ceil(inChan / nHeads) * nHeads;
    if (width !== inChan) this.input_layer = new Linear(inChan, width, drawn);
    this.in_norm = separationNorm(normType, width);
    const layer = (bidirectional: boolean): ImprovedTransformedLayer =>
      new ImprovedTransformedLayer(width, options, bidirectional, generator);
    this.layers = new ModuleList(
      Array.from({ length: nRepeats }, () => new ModuleList([layer(true), layer(options.bidirectional)])),
    );
    const point = (): Conv1d => new Conv1d(inChan, inChan, { kernelSize: 1, ...drawn });
    this.first_out = new Sequential(new PReLU(), new Conv2d(width, nSrc * inChan, { kernelSize: 1, ...drawn }));
    this.net_out = new Sequential(point(), new Tanh());
    this.net_gate = new Sequential(point(), new Sigmoid());
    this.output_act = separationActivation(options.maskAct, 1);
    this.#chunking = { chunkSize: options.chunkSize, hopSize: options.hopSize };
    this.#sources = nSrc;
  }

  /** x [N, frames, features] to masks [N, sources, frames, features]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const [batch, frames, features] = x.shape as [number, number, number];
      let chunks = cutChunks(this.in_norm.forward(this.input_layer?.forward(x) ?? x), this.#chunking);
      for (const pair of this.layers) {
        const [intra, inter] = [pair.at(0), pair.at(1)];
        chunks = alongRows(chunks, (rows) => intra.forward(rows));
        chunks = acrossChunks(alongRows(acrossChunks(chunks), (rows) => inter.forward(rows)));
      }
      const parts = chunksBySource(this.first_out.forward(chunks), this.#sources);
      const { chunkSize, hopSize } = this.#chunking;
      const sequence = tf.div(addChunks(parts, frames, this.#chunking), chunkSize / hopSize);
      const gated = tf.mul(this.net_out.forward(sequence), this.net_gate.forward(sequence));
      return this.output_act.forward(tf.reshape(gated, [batch, this.#sources, frames, features]));
    });
  }
}

const modelType = 'dptnet';

/** Takes mixtures of one channel apart; see {@link EncoderMaskerDecoder}. */
export class DPTNet extends EncoderMaskerDecoder<DPTNetConfig, DPTransformer> {
  protected override readonly modelType = modelType;

  /** @throws UnsupportedError for names of norms, activations and filterbanks that there are not */
  constructor(config: DPTNetConfig, generator?: Generator) {
    const { encoder, decoder, features } = openFilterbank(
      config,
      { nFilters: 64, kernelSize: 16, stride: 8 },
      generator,
    );
    const masker = new DPTransformer(
      features,
      {
        nSrc: config.nSrc,
        nHeads: config.nHeads ?? 4,
        ffHid: config.ffHid ?? 256,
        ...chunkingOf(config),
        nRepeats: config.nRepeats ?? 6,
        normType: config.normType ?? 'gLN',
        ffActivation: config.ffActivation ?? 'relu',
        maskAct: config.maskAct ?? 'relu',
        bidirectional: config.bidirectional ?? true,
        dropout: config.dropout ?? 0,
      },
      generator,
    );
    super(config, {
      encoder,
      masker,
      decoder,
      activation: config.encoderActivation === undefined ? 'relu' : config.encoderActivation,
      numSources: config.nSrc,
    });
  }

  /** A folder, file, URL or hub id; see `openCheckpoint`. */
  static fromPretrained(source: string, options: OpenOptions = {}): Promise<DPTNet> {
    return loadPretrained(source, dptNetFamilies, options);
  }
}

export const dptNetFamilies: ReadonlyArray<ModelFamily<DPTNet>> = [
  ownFamily(modelType, (config: DPTNetConfig) => new DPTNet(config)),
  referenceFamily('asteroid', 'asteroid.models.DPTNet', (args) => new DPTNet(args as unknown as DPTNetConfig)),
];
