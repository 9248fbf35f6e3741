/**
 * Fully convolutional networks with skips: Long, Shelhamer and Darrell 2015, Fully Convolutional Networks for Semantic Segmentation
 * (arXiv 1411.4038): FCN-32s, 16s and 8s on any encoder. Written from the paper and the prototxt files that its authors published.
 *
 * The original pads the picture by 100 pixels, so that its unpadded convolutions fit, and crops the result. Our encoders pad each
 * convolution instead, so up-sampled maps overhang by half a stride at each side, and that is what is cropped here.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  Conv2d,
  ConvTranspose2d,
  Dropout2d,
  Linear,
  Module,
  ModuleList,
  scope,
  type Generator,
} from '@hourglass/core';
import { initialiseDecoder } from '../../layers/initialise.js';
import { featureAt, type EncoderFacts } from '../encoders/encoder.js';
import { sizeOf, withDefaults, type Decoder, type DecoderFamily } from './decoder.js';

export interface FCNDecoderOptions {
  /** Stride of the finest feature map that is fused: 32, 16 or 8 in the paper's FCN-32s, 16s, 8s. */
  readonly stride: number;
  /** Channels of the convolutionalised layers fc6 and fc7; the paper has 4096. */
  readonly headChannels: number;
  /** Side of fc6's kernel, odd; the paper has 7. */
  readonly headKernel: number;
  readonly dropout: number;
}

/** A classifier's fully connected layers on a feature map of one size: fc6, fc7, scores. [N, k, k, C] to [N, classes]. */
export class DenseHead extends Module {
  readonly fc6: Linear;
  readonly fc7: Linear;
  readonly score_fr: Linear;
  readonly kernelSize: number;
  readonly inChannels: number;

  constructor(
    inChannels: number,
    classes: number,
    options: { kernelSize: number; channels: number; generator?: Generator | undefined },
  ) {
    super();
    const { kernelSize, channels, generator } = options;
    const shared = generator && { generator };
    this.inChannels = inChannels;
    this.kernelSize = kernelSize;
    this.fc6 = new Linear(kernelSize * kernelSize * inChannels, channels, shared);
    this.fc7 = new Linear(channels, channels, shared);
    this.score_fr = new Linear(channels, classes, shared);
  }

  forward(x: tf.Tensor): tf.Tensor {
    const { kernelSize: k, inChannels } = this;
    check(
      x.rank === 4 && x.shape[1] === k && x.shape[2] === k && x.shape[3] === inChannels,
      () => `this dense head takes maps of shape [N, ${k}, ${k}, ${inChannels}], got [${x.shape.join(', ')}]`,
    );
    return scope(() => {
      const flat = tf.reshape(x, [x.shape[0]!, -1]);
      return this.score_fr.forward(tf.relu(this.fc7.forward(tf.relu(this.fc6.forward(flat)))));
    });
  }
}

/** The same layers as convolutions, which take maps of any size: [N, H, W, C] to [N, H, W, classes]. */
export class FCNHead extends Module {
  readonly fc6: Conv2d;
  readonly fc7: Conv2d;
  readonly score_fr: Conv2d;
  readonly dropout: Dropout2d;

  constructor(
    inChannels: number,
    classes: number,
    options: { kernelSize: number; channels: number; dropout?: number; generator?: Generator | undefined },
  ) {
    super();
    const { kernelSize, channels, dropout = 0.5, generator } = options;
    check(kernelSize % 2 === 1, `the head's kernel must be odd, got ${kernelSize}`);
    const shared = generator && { generator };
    const padding = (kernelSize - 1) / 2;
    this.fc6 = new Conv2d(inChannels, channels, { kernelSize, padding, ...shared });
    this.fc7 = new Conv2d(channels, channels, { kernelSize: 1, ...shared });
    this.score_fr = new Conv2d(channels, classes, { kernelSize: 1, ...shared });
    this.dropout = new Dropout2d(dropout, shared);
    initialiseDecoder(this, generator);
  }

  /**
   * Takes over a dense head's weights: its scores for a k×k map are then those at the middle of this head's map.
   * The layers must have the same widths.
   */
  convolutionalize(dense: DenseHead): this {
    scope(() => {
      for (const name of ['fc6', 'fc7', 'score_fr'] as const) {
        const [conv, linear] = [this[name], dense[name]];
        check(
          conv.weight.variable.size === linear.weight.variable.size &&
            conv.weight.shape.at(-1) === linear.weight.shape.at(-1),
          () =>
            `${name}: a dense weight [${linear.weight.shape.join(', ')}] does not fit a kernel [${conv.weight.shape.join(', ')}]`,
        );
        // a dense layer over a flattened [k, k, C] map is a k×k convolution at one place
        conv.weight.assign(tf.reshape(linear.weight.value, conv.weight.shape));
        conv.bias!.assign(linear.bias!.value);
      }
    });
    return this;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const y = this.dropout.forward(tf.relu(this.fc6.forward(x)));
      return this.score_fr.forward(this.dropout.forward(tf.relu(this.fc7.forward(y))));
    });
  }
}

/**
 * Transposed convolution that enlarges each channel by `factor` and crops to a given size; it begins as bilinear interpolation.
 * [N, h, w, C] to [N, height, width, C], for sizes up to h·factor and w·factor.
 */
export class BilinearUpsampling extends Module {
  readonly up: ConvTranspose2d;
  readonly #crop: number;

  constructor(channels: number, factor: number, options: { trainable: boolean }) {
    super();
    this.up = new ConvTranspose2d(channels, channels, { kernelSize: 2 * factor, stride: factor, bias: false });
    this.#crop = factor / 2;
    const kernel = bilinearKernel(2 * factor, channels);
    this.up.weight.assign(kernel);
    kernel.dispose();
    this.up.weight.requiresGrad = options.trainable;
  }

  forward(x: tf.Tensor, [height, width]: readonly [number, number]): tf.Tensor {
    return scope(() => {
      const y = this.up.forward(x);
      const begin = [0, this.#crop, this.#crop, 0];
      return tf.slice(y, begin, [y.shape[0]!, height, width, y.shape[3]!]);
    });
  }
}

/** Weights [size, size, channels, channels] of a transposed convolution that interpolates every channel by itself. */
export function bilinearKernel(size: number, channels: number): tf.Tensor {
  const factor = Math.floor((size + 1) / 2);
  const centre = size % 2 === 1 ? factor - 1 : factor - 0.5;
  const line = Array.from({ length: size }, (_, i) => 1 - Math.abs(i - centre) / factor);
  return scope(() => {
    const plane = tf.outerProduct(tf.tensor1d(line), tf.tensor1d(line));
    return tf.mul(tf.reshape(plane, [size, size, 1, 1]), tf.eye(channels));
  });
}

/** Scores of the deepest map, fused step by step with scores of finer ones, then enlarged to the input's size. */
export class FCNDecoder extends Module implements Decoder {
  readonly head: FCNHead;
  /** 1×1 score layers of the finer maps (score_pool4, score_pool3), coarse to fine; they begin at zero. */
  readonly scores: ModuleList<Conv2d>;
  /** ×2 before each fusion (upscore2, upscore_pool4); learnt. */
  readonly upscores: ModuleList<BilinearUpsampling>;
  /** To the input's size; stays bilinear. */
  readonly upscore: BilinearUpsampling;
  readonly outChannels: number;
  readonly outputStride = 1;
  /** Places of the feature maps that are fused, coarse to fine. */
  readonly #skips: readonly number[];

  constructor(
    facts: EncoderFacts,
    classes: number,
    options: FCNDecoderOptions & { generator?: Generator | undefined },
  ) {
    super();
    const { stride, headChannels: channels, headKernel: kernelSize, dropout, generator } = options;
    this.head = new FCNHead(facts.outChannels.at(-1)!, classes, { kernelSize, channels, dropout, generator });
    this.#skips = skipStrides(facts, stride).map((s) => featureAt(facts, s));
    this.scores = new ModuleList(
      this.#skips.map(
        (at) => new Conv2d(facts.outChannels[at]!, classes, { kernelSize: 1, ...(generator && { generator }) }),
      ),
    );
    for (const score of this.scores) {
      for (const parameter of score.parameters()) scope(() => parameter.assign(tf.zerosLike(parameter.value)));
    }
    this.upscores = new ModuleList(this.#skips.map(() => new BilinearUpsampling(classes, 2, { trainable: true })));
    this.upscore = new BilinearUpsampling(classes, stride, { trainable: false });
    this.outChannels = classes;
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      let x = this.head.forward(features.at(-1)!);
      this.#skips.forEach((at, i) => {
        const skip = features[at]!;
        x = tf.add(this.upscores.at(i).forward(x, sizeOf(skip)), this.scores.at(i).forward(skip));
      });
      return this.upscore.forward(x, sizeOf(features[0]!));
    });
  }
}

/** Strides between the deepest map's and `stride`, coarse to fine. */
function skipStrides(facts: EncoderFacts, stride: number): number[] {
  const strides: number[] = [];
  for (let s = facts.outputStride / 2; s >= stride; s /= 2) strides.push(s);
  return strides;
}

/** FCN among the decoders. */
export const fcnFamily: DecoderFamily<FCNDecoderOptions> = {
  referenceArguments: {},
  anySize: true,
  headKernel: null,
  initialise: false,
  upsampling: () => 1,
  resolve(facts, given) {
    const options = withDefaults<FCNDecoderOptions>(
      { stride: Math.min(8, facts.outputStride), headChannels: 512, headKernel: 7, dropout: 0.5 },
      given,
    );
    const { stride } = options;
    check(
      stride >= 2 && stride <= facts.outputStride && facts.strides.includes(stride),
      `an FCN on this encoder fuses down to one of its strides ${facts.strides.join(', ')}, got ${stride}`,
    );
    check(facts.strides[0] === 1, 'an FCN needs an encoder whose first feature map has the size of the input');
    return options;
  },
  build: (facts, options, classes, generator) => new FCNDecoder(facts, classes, { ...options, generator }),
};
