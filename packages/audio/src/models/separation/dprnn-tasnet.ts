/**
 * DPRNN: "Dual-Path RNN: Efficient Long Sequence Modeling for Time-Domain Single-Channel Speech Separation", Luo et al. 2020,
 * arXiv:1910.06379, as in asteroid (https://github.com/asteroid-team/asteroid, MIT), whose names the parameters have.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  Conv1d,
  Conv2d,
  Linear,
  loadPretrained,
  Module,
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
import { MulCatRNN, SingleRNN, type SequenceRNN } from '../../layers/single-rnn.js';
import { EncoderMaskerDecoder, openFilterbank } from './encoder-masker-decoder.js';
import type { FilterbankConfig } from './filterbank-config.js';

/** asteroid's arguments of `DPRNNTasNet`. */
export interface DPRNNTasNetConfig extends FilterbankConfig {
  readonly nSrc: number;
  /** Features of the masks. Default those of the filterbank. */
  readonly outChan?: number | null;
  /** Channels after the bottleneck. Default 128. */
  readonly bnChan?: number;
  /** Default 128. */
  readonly hidSize?: number;
  /** Frames of a chunk. Default 100. */
  readonly chunkSize?: number;
  /** Default half a chunk. */
  readonly hopSize?: number | null;
  /** Default 6. */
  readonly nRepeats?: number;
  /** Default `gLN`. */
  readonly normType?: string;
  /** Default `sigmoid`. */
  readonly maskAct?: string;
  /** Across chunks; inside a chunk it always is. Default true. */
  readonly bidirectional?: boolean;
  /** `RNN`, `LSTM` (default) or `GRU`. */
  readonly rnnType?: string;
  /** Of each recurrent layer. Default 1. */
  readonly numLayers?: number;
  /** Between those. Default 0. */
  readonly dropout?: number;
  /** Multiply two recurrent layers, see {@link MulCatRNN}. Default false. */
  readonly useMulcat?: boolean;
  /** After the filterbank. Default none. */
  readonly encoderActivation?: string | null;
}

type BlockOptions = Required<
  Pick<DPRNNTasNetConfig, 'hidSize' | 'normType' | 'bidirectional' | 'rnnType' | 'numLayers' | 'dropout' | 'useMulcat'>
>;

/** A recurrent layer along each chunk, then one across chunks; each with a projection, a norm and a way around it. */
export class DPRNNBlock extends Module implements UnaryModule {
  readonly intra_RNN: SequenceRNN;
  readonly inter_RNN: SequenceRNN;
  readonly intra_linear: Linear;
  readonly intra_norm: UnaryModule;
  readonly inter_linear: Linear;
  readonly inter_norm: UnaryModule;

  constructor(channels: number, options: BlockOptions, generator?: Generator) {
    super();
    const { hidSize, normType, rnnType, numLayers, dropout } = options;
    const Kind = options.useMulcat ? MulCatRNN : SingleRNN;
    const recurrent = (bidirectional: boolean): SequenceRNN =>
      new Kind(rnnType, channels, hidSize, { numLayers, dropout, bidirectional, generator });
    const project = (rnn: SequenceRNN): Linear =>
      new Linear(rnn.outputSize, channels, generator === undefined ? {} : { generator });
    this.intra_RNN = recurrent(true);
    this.inter_RNN = recurrent(options.bidirectional);
    this.intra_linear = project(this.intra_RNN);
    this.intra_norm = separationNorm(normType, channels);
    this.inter_linear = project(this.inter_RNN);
    this.inter_norm = separationNorm(normType, channels);
  }

  /** x [N, chunks, chunkSize, channels]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const within = alongRows(x, (rows) => this.intra_linear.forward(this.intra_RNN.forward(rows)));
      const y = tf.add(x, this.intra_norm.forward(within));
      const turned = alongRows(acrossChunks(y), (rows) => this.inter_linear.forward(this.inter_RNN.forward(rows)));
      return tf.add(y, this.inter_norm.forward(acrossChunks(turned)));
    });
  }
}

/** x [N, rows, steps, channels] through what takes [N, steps, channels]. */
export function alongRows(x: tf.Tensor, fn: (rows: tf.Tensor) => tf.Tensor): tf.Tensor {
  const [batch, rows, steps, channels] = x.shape as [number, number, number, number];
  return tf.reshape(fn(tf.reshape(x, [batch * rows, steps, channels])), [batch, rows, steps, -1]);
}

/** [N, chunks, chunkSize, sources · channels] to [N · sources, chunks, chunkSize, channels]. */
export function chunksBySource(x: tf.Tensor, sources: number): tf.Tensor {
  const [batch, chunks, size, features] = x.shape as [number, number, number, number];
  const channels = features / sources;
  return scope(() => {
    const apart = tf.transpose(tf.reshape(x, [batch, chunks * size, sources, channels]), [0, 2, 1, 3]);
    return tf.reshape(apart, [batch * sources, chunks, size, channels]);
  });
}

/** The dual-path network that makes the masks. */
export class DPRNN extends Module implements UnaryModule {
  readonly bottleneck: Sequential;
  readonly net: Sequential;
  readonly first_out: Sequential;
  readonly net_out: Sequential;
  readonly net_gate: Sequential;
  readonly mask_net: Conv1d;
  readonly output_act: UnaryModule;
  readonly #chunking: Chunking;
  readonly #sources: number;

  constructor(
    inChan: number,
    config: BlockOptions &
      Chunking & { nSrc: number; outChan: number; bnChan: number; nRepeats: number; maskAct: string },
    generator?: Generator,
  ) {
    super();
    const { nSrc, outChan, bnChan, nRepeats, normType } = config;
    const drawn = generator === undefined ? {} : { generator };
    const point = (outputs: number, bias = true): Conv1d =>
      new Conv1d(bnChan, outputs, { kernelSize: 1, bias, ...drawn });
    this.bottleneck = new Sequential(
      separationNorm(normType, inChan),
      new Conv1d(inChan, bnChan, { kernelSize: 1, ...drawn }),
    );
    this.net = new Sequential(...Array.from({ length: nRepeats }, () => new DPRNNBlock(bnChan, config, generator)));
    this.first_out = new Sequential(new PReLU(), new Conv2d(bnChan, nSrc * bnChan, { kernelSize: 1, ...drawn }));
    this.net_out = new Sequential(point(bnChan), new Tanh());
    this.net_gate = new Sequential(point(bnChan), new Sigmoid());
    this.mask_net = point(outChan, false);
    // the axis of channels, where asteroid has it: its sources are part of the batch here
    this.output_act = separationActivation(config.maskAct, 2);
    this.#chunking = { chunkSize: config.chunkSize, hopSize: config.hopSize };
    this.#sources = nSrc;
  }

  /** x [N, frames, features] to masks [N, sources, frames, outChan]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const [batch, frames] = x.shape as [number, number, number];
      const chunks = this.net.forward(cutChunks(this.bottleneck.forward(x), this.#chunking));
      const parts = chunksBySource(this.first_out.forward(chunks), this.#sources);
      const sequence = addChunks(parts, frames, this.#chunking);
      const gated = tf.mul(this.net_out.forward(sequence), this.net_gate.forward(sequence));
      const masks = this.output_act.forward(this.mask_net.forward(gated));
      return tf.reshape(masks, [batch, this.#sources, frames, -1]);
    });
  }
}

const modelType = 'dprnn-tasnet';

/** Takes mixtures of one channel apart; see {@link EncoderMaskerDecoder}. */
export class DPRNNTasNet extends EncoderMaskerDecoder<DPRNNTasNetConfig, DPRNN> {
  protected override readonly modelType = modelType;

  /** @throws UnsupportedError for names of norms, activations, filterbanks and recurrent layers that there are not */
  constructor(config: DPRNNTasNetConfig, generator?: Generator) {
    const { encoder, decoder, features } = openFilterbank(
      config,
      { nFilters: 64, kernelSize: 16, stride: 8 },
      generator,
    );
    const masker = new DPRNN(
      features,
      {
        nSrc: config.nSrc,
        outChan: config.outChan ?? features,
        bnChan: config.bnChan ?? 128,
        nRepeats: config.nRepeats ?? 6,
        maskAct: config.maskAct ?? 'sigmoid',
        ...chunkingOf(config),
        hidSize: config.hidSize ?? 128,
        normType: config.normType ?? 'gLN',
        bidirectional: config.bidirectional ?? true,
        rnnType: config.rnnType ?? 'LSTM',
        numLayers: config.numLayers ?? 1,
        dropout: config.dropout ?? 0,
        useMulcat: config.useMulcat ?? false,
      },
      generator,
    );
    super(config, { encoder, masker, decoder, activation: config.encoderActivation, numSources: config.nSrc });
  }

  /** A folder, file, URL or hub id; see `openCheckpoint`. */
  static fromPretrained(source: string, options: OpenOptions = {}): Promise<DPRNNTasNet> {
    return loadPretrained(source, dprnnTasNetFamilies, options);
  }
}

export const dprnnTasNetFamilies: ReadonlyArray<ModelFamily<DPRNNTasNet>> = [
  ownFamily(modelType, (config: DPRNNTasNetConfig) => new DPRNNTasNet(config)),
  referenceFamily(
    'asteroid',
    'asteroid.models.DPRNNTasNet',
    (args) => new DPRNNTasNet(args as unknown as DPRNNTasNetConfig),
  ),
];
