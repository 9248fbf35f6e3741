/**
 * LinkNet: Chaurasia and Culurciello 2017 (arXiv 1707.03718). Names and arguments of `Linknet` in segmentation_models.pytorch
 * (MIT); written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import { ConvTranspose2d, Module, ModuleList, ReLU, scope, Sequential, type Generator } from '@hourglass/core';
import { Conv2dReLU } from '../../layers/conv2d-relu.js';
import { createNorm, type NormSpec } from '../../layers/norm.js';
import { factsOf, skipChannels, skipFeatures, type EncoderFacts } from '../encoders/encoder.js';
import { depthOf, withDefaults, type Decoder, type DecoderFamily } from './decoder.js';

export interface LinkNetDecoderOptions {
  readonly norm: NormSpec;
  /** Channels of the result. */
  readonly finalChannels: number;
}

/** Fewer channels, twice the size by transposed convolution, then the channels of the skip connection, which is added. */
class LinkNetBlock extends Module {
  readonly block: Sequential;

  constructor(inChannels: number, outChannels: number, norm: NormSpec, generator: Generator | undefined) {
    super();
    const inner = Math.floor(inChannels / 4);
    const conv = { kernelSize: 1, norm, generator };
    this.block = new Sequential(
      new Conv2dReLU(inChannels, inner, conv),
      new Sequential(
        new ConvTranspose2d(inner, inner, { kernelSize: 4, stride: 2, padding: 1, ...(generator && { generator }) }),
        createNorm(norm, inner),
        new ReLU(),
      ),
      new Conv2dReLU(inner, outChannels, conv),
    );
  }

  forward(x: tf.Tensor, skip?: tf.Tensor): tf.Tensor {
    return scope(() => {
      const y = this.block.forward(x);
      return skip === undefined ? y : tf.add(y, skip);
    });
  }
}

export class LinkNetDecoder extends Module implements Decoder {
  readonly blocks: ModuleList<LinkNetBlock>;
  readonly outChannels: number;
  readonly outputStride = 1;
  readonly #facts: EncoderFacts;

  constructor(facts: EncoderFacts, options: LinkNetDecoderOptions & { generator?: Generator | undefined }) {
    super();
    const { norm, finalChannels, generator } = options;
    const channels = [...skipChannels(facts)].reverse();
    this.#facts = factsOf(facts);
    // an encoder that begins at full resolution needs no further block: its last one gives the final channels by itself
    const widths = Array.from({ length: depthOf(facts) + 1 }, (_, i) => channels[i] ?? finalChannels);
    this.outChannels = widths.at(-1)!;
    this.blocks = new ModuleList(
      widths.slice(1).map((width, i) => new LinkNetBlock(widths[i]!, width, norm, generator)),
    );
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      const [head, ...skips] = [...skipFeatures(this.#facts, features)].reverse();
      return [...this.blocks].reduce((x, block, i) => block.forward(x, skips[i]), head!);
    });
  }
}

/** LinkNet among the decoders. */
export const linknetFamily: DecoderFamily<LinkNetDecoderOptions> = {
  referenceClass: 'Linknet',
  referenceArguments: { decoder_use_norm: 'norm', decoder_use_batchnorm: 'norm' },
  anySize: false,
  headKernel: 1,
  initialise: true,
  upsampling: () => 1,
  resolve: (_facts, given) => withDefaults({ norm: true, finalChannels: 32 }, given),
  build: (facts, options, _classes, generator) => new LinkNetDecoder(facts, { ...options, generator }),
};
