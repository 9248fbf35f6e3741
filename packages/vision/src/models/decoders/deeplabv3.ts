/**
 * DeepLabV3: Chen et al. 2017, Rethinking Atrous Convolution for Semantic Image Segmentation (arXiv 1706.05587); DeepLabV3+: Chen et
 * al. 2018, Encoder-Decoder with Atrous Separable Convolution (arXiv 1802.02611). Names and arguments of `DeepLabV3` and
 * `DeepLabV3Plus` in segmentation_models.pytorch (MIT; these decoders BSD-3-Clause, Soumith Chintala); written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import { BatchNorm2d, check, Conv2d, Module, ReLU, scope, Sequential, Upsample, type Generator } from '@hourglass/core';
import { ASPP } from '../../layers/aspp.js';
import { SeparableConv2d } from '../../layers/separable-conv.js';
import { featureAt, type EncoderFacts } from '../encoders/encoder.js';
import { checkDepth, withDefaults, type Decoder, type DecoderFamily } from './decoder.js';

export interface DeepLabDecoderOptions {
  readonly channels: number;
  readonly atrousRates: readonly number[];
  /** Depthwise separable convolutions in the pyramid. */
  readonly asppSeparable: boolean;
  readonly asppDropout: number;
}

/** Channels of the fine features beside the pyramid's, as the paper found best. */
const lowLevelChannels = 48;

export class DeepLabV3Decoder extends Module implements Decoder {
  readonly aspp: ASPP;
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;
  readonly outChannels: number;
  readonly outputStride: number;

  constructor(facts: EncoderFacts, options: DeepLabDecoderOptions & { generator?: Generator | undefined }) {
    super();
    const { channels, generator } = options;
    this.aspp = createASPP(facts, options);
    const conv = { kernelSize: 3, padding: 1, bias: false, ...(generator && { generator }) };
    this.conv = new Conv2d(channels, channels, conv);
    this.bn = new BatchNorm2d(channels);
    this.outChannels = channels;
    this.outputStride = facts.outputStride;
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => this.bn.forward(this.conv.forward(this.aspp.forward(features.at(-1)!)), 'relu'));
  }
}

export class DeepLabV3PlusDecoder extends Module implements Decoder {
  readonly aspp: Sequential;
  readonly up: Upsample;
  readonly block1: Sequential;
  readonly block2: Sequential;
  readonly outChannels: number;
  readonly outputStride = 4;
  readonly #lowLevel: number;

  constructor(facts: EncoderFacts, options: DeepLabDecoderOptions & { generator?: Generator | undefined }) {
    super();
    const { channels, generator } = options;
    const separable = (from: number): SeparableConv2d =>
      new SeparableConv2d(from, channels, { kernelSize: 3, padding: 1, bias: false, generator });
    this.#lowLevel = featureAt(facts, this.outputStride);
    this.outChannels = channels;
    this.aspp = new Sequential(createASPP(facts, options), separable(channels), new BatchNorm2d(channels), new ReLU());
    this.up = new Upsample({
      scaleFactor: facts.outputStride / this.outputStride,
      mode: 'bilinear',
      alignCorners: true,
    });
    this.block1 = new Sequential(
      new Conv2d(facts.outChannels[this.#lowLevel]!, lowLevelChannels, {
        kernelSize: 1,
        bias: false,
        ...(generator && { generator }),
      }),
      new BatchNorm2d(lowLevelChannels),
      new ReLU(),
    );
    this.block2 = new Sequential(separable(lowLevelChannels + channels), new BatchNorm2d(channels), new ReLU());
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      const coarse = this.up.forward(this.aspp.forward(features.at(-1)!));
      const fine = this.block1.forward(features[this.#lowLevel]!);
      return this.block2.forward(tf.concat([coarse, fine], 3));
    });
  }
}

function createASPP(facts: EncoderFacts, options: DeepLabDecoderOptions & { generator?: Generator | undefined }): ASPP {
  const { channels, atrousRates, asppSeparable: separable, asppDropout: dropout, generator } = options;
  return new ASPP(facts.outChannels.at(-1)!, channels, { atrousRates, separable, dropout, generator });
}

const referenceArguments = {
  decoder_channels: 'channels',
  decoder_atrous_rates: 'atrousRates',
  decoder_aspp_separable: 'asppSeparable',
  decoder_aspp_dropout: 'asppDropout',
} as const;

function resolve(given: Partial<DeepLabDecoderOptions>, asppSeparable: boolean): DeepLabDecoderOptions {
  return withDefaults<DeepLabDecoderOptions>(
    { channels: 256, atrousRates: [12, 24, 36], asppSeparable, asppDropout: 0.5 },
    given,
  );
}

/** DeepLabV3 among the decoders: the pyramid alone, enlarged at once. */
export const deeplabv3Family: DecoderFamily<DeepLabDecoderOptions> = {
  referenceClass: 'DeepLabV3',
  referenceArguments,
  encoderOutputStrides: [8, 16],
  anySize: false,
  headKernel: 1,
  initialise: false,
  upsampling: (facts) => facts.outputStride,
  resolve: (_facts, given) => resolve(given, false),
  build: (facts, options, _classes, generator) => new DeepLabV3Decoder(facts, { ...options, generator }),
};

/** DeepLabV3+ among the decoders: the pyramid, refined with the fine features at stride 4. */
export const deeplabv3PlusFamily: DecoderFamily<DeepLabDecoderOptions> = {
  referenceClass: 'DeepLabV3Plus',
  referenceArguments,
  encoderOutputStrides: [16, 8],
  anySize: false,
  headKernel: 1,
  initialise: false,
  upsampling: () => 4,
  resolve(facts, given) {
    checkDepth(facts, 3, 'a DeepLabV3+');
    check(
      facts.outputStride >= 8,
      `a DeepLabV3+ needs an encoder of output stride 8 or more, got ${facts.outputStride}`,
    );
    return resolve(given, true);
  },
  build: (facts, options, _classes, generator) => new DeepLabV3PlusDecoder(facts, { ...options, generator }),
};
