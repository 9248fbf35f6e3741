/**
 * TasNet: "TasNet: Time-Domain Audio Separation Network for Real-Time, Single-Channel Speech Separation", Luo and Mesgarani 2018,
 * arXiv:1711.00541, as in asteroid (https://github.com/asteroid-team/asteroid, MIT), whose names the parameters have.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  Linear,
  loadPretrained,
  Module,
  ownFamily,
  referenceFamily,
  scope,
  Sequential,
  UnsupportedError,
  type Generator,
  type ModelFamily,
  type OpenOptions,
  type UnaryModule,
} from '@hourglass/core';
import {
  type FilterbankEncoder,
  makeEncoder,
  makeEncoderDecoder,
  type Filterbank,
} from '../../layers/filterbanks/index.js';
import { separationActivation } from '../../layers/separation-activations.js';
import { CumLN, GlobLN } from '../../layers/separation-norms.js';
import { SingleRNN } from '../../layers/single-rnn.js';
import { bySource } from './conv-tasnet.js';
import { checkInChan, EncoderMaskerDecoder } from './encoder-masker-decoder.js';
import { filterbankOptions, type FilterbankConfig } from './filterbank-config.js';

/** asteroid's arguments of `LSTMTasNet`. */
export interface LSTMTasNetConfig extends FilterbankConfig {
  readonly nSrc: number;
  /** Features of the masks. Default those of the filterbank. */
  readonly outChan?: number | null;
  /** asteroid's network takes an LSTM whatever this says. */
  readonly rnnType?: string;
  /** Default 4. */
  readonly nLayers?: number;
  /** Default 512. */
  readonly hidSize?: number;
  /** Between recurrent layers. Default 0.3. */
  readonly dropout?: number;
  /** Default `sigmoid`. A `softmax` is over time, as in asteroid. */
  readonly maskAct?: string;
  /** False looks back only, and normalises so. Default true. */
  readonly bidirectional?: boolean;
  /** After the filterbank. Default none. */
  readonly encoderActivation?: string | null;
}

/** A filterbank whose frames a second one gates. */
export class GatedEncoder extends Module implements UnaryModule {
  /** That of `encoder_relu`. */
  readonly filterbank: Filterbank;
  readonly encoder_relu: FilterbankEncoder;
  readonly encoder_sig: FilterbankEncoder;

  constructor(first: FilterbankEncoder, second: FilterbankEncoder) {
    super();
    this.filterbank = first.filterbank;
    this.encoder_relu = first;
    this.encoder_sig = second;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.mul(tf.relu(this.encoder_relu.forward(x)), tf.sigmoid(this.encoder_sig.forward(x))));
  }
}

/** The recurrent network that makes the masks. */
export class LSTMMasker extends Module implements UnaryModule {
  readonly output_act: UnaryModule;
  readonly bn_layer: UnaryModule;
  readonly masker: Sequential;
  readonly #sources: number;
  readonly #outChan: number;

  constructor(
    inChan: number,
    options: Required<
      Pick<LSTMTasNetConfig, 'nSrc' | 'nLayers' | 'hidSize' | 'dropout' | 'maskAct' | 'bidirectional'>
    > & {
      readonly outChan: number;
    },
    generator?: Generator,
  ) {
    super();
    const { nSrc, outChan, nLayers: numLayers, hidSize, dropout, bidirectional } = options;
    this.output_act = separationActivation(options.maskAct, 1);
    this.bn_layer = bidirectional ? new GlobLN(inChan) : new CumLN(inChan);
    const rnn = new SingleRNN('LSTM', inChan, hidSize, { numLayers, dropout, bidirectional, generator });
    this.masker = new Sequential(
      rnn,
      new Linear(rnn.outputSize, nSrc * outChan, generator === undefined ? {} : { generator }),
      this.output_act,
    );
    this.#sources = nSrc;
    this.#outChan = outChan;
  }

  /** x [N, frames, features] to masks [N, sources, frames, outChan]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => bySource(this.masker.forward(this.bn_layer.forward(x)), this.#sources, this.#outChan));
  }
}

const modelType = 'lstm-tasnet';

/** Takes mixtures of one channel apart; see {@link EncoderMaskerDecoder}. */
export class LSTMTasNet extends EncoderMaskerDecoder<LSTMTasNetConfig, LSTMMasker, GatedEncoder> {
  protected override readonly modelType = modelType;

  /** @throws UnsupportedError for names of activations and filterbanks that there are not */
  constructor(config: LSTMTasNetConfig, generator?: Generator) {
    const options = filterbankOptions(config, { nFilters: 64, kernelSize: 16, stride: 8 });
    if (options.whoIsPinv != null)
      throw new UnsupportedError('LSTM-TasNet has two encoders: whoIsPinv cannot tell the decoder which is its own');
    const { encoder, decoder } = makeEncoderDecoder(options, generator);
    const features = encoder.filterbank.nFeatsOut;
    checkInChan(config.inChan, features);
    const gated = new GatedEncoder(encoder, makeEncoder(options, generator));
    const masker = new LSTMMasker(
      features,
      {
        nSrc: config.nSrc,
        outChan: config.outChan ?? features,
        nLayers: config.nLayers ?? 4,
        hidSize: config.hidSize ?? 512,
        dropout: config.dropout ?? 0.3,
        maskAct: config.maskAct ?? 'sigmoid',
        bidirectional: config.bidirectional ?? true,
      },
      generator,
    );
    super(config, { encoder: gated, masker, decoder, activation: config.encoderActivation, numSources: config.nSrc });
  }

  /** A folder, file, URL or hub id; see `openCheckpoint`. */
  static fromPretrained(source: string, options: OpenOptions = {}): Promise<LSTMTasNet> {
    return loadPretrained(source, lstmTasNetFamilies, options);
  }
}

export const lstmTasNetFamilies: ReadonlyArray<ModelFamily<LSTMTasNet>> = [
  ownFamily(modelType, (config: LSTMTasNetConfig) => new LSTMTasNet(config)),
  referenceFamily(
    'asteroid',
    'asteroid.models.LSTMTasNet',
    (args) => new LSTMTasNet(args as unknown as LSTMTasNetConfig),
  ),
];
