/**
 * Pyramid attention network: Li et al. 2018 (arXiv 1805.10180). Names and arguments of `PAN` in segmentation_models.pytorch (MIT);
 * written anew.
 */
import * as tf from '@tensorflow/tfjs-core';
import {
  AdaptiveAvgPool2d,
  BatchNorm2d,
  check,
  Conv2d,
  functional,
  MaxPool2d,
  Module,
  scope,
  Sequential,
  Sigmoid,
  type Generator,
} from '@hourglass/core';
import type { EncoderFacts } from '../encoders/encoder.js';
import {
  checkDepth,
  depthOf,
  sizeOf,
  withDefaults,
  type Decoder,
  type DecoderFamily,
  type Interpolation,
} from './decoder.js';

export interface PANDecoderOptions {
  readonly channels: number;
  readonly interpolation: Interpolation;
}

interface ConvOptions {
  readonly kernelSize: number;
  readonly relu?: boolean;
  readonly generator: Generator | undefined;
}

/** Convolution, batch norm, ReLU, with names `conv` and `bn`. */
class ConvBnRelu extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;
  readonly #relu: boolean;

  constructor(inChannels: number, outChannels: number, { kernelSize, relu = true, generator }: ConvOptions) {
    super();
    const padding = Math.floor(kernelSize / 2);
    this.conv = new Conv2d(inChannels, outChannels, { kernelSize, padding, ...(generator && { generator }) });
    this.bn = new BatchNorm2d(outChannels);
    this.#relu = relu;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const y = this.bn.forward(this.conv.forward(x));
      return this.#relu ? tf.relu(y) : y;
    });
  }
}

function enlarge(x: tf.Tensor, size: [number, number], mode: Interpolation): tf.Tensor {
  // the reference aligns corners where it is bilinear, and other modes have none to align
  return functional.interpolate(x, { size, mode, ...(mode === 'bilinear' && { alignCorners: true }) });
}

/** Feature pyramid attention on the deepest map: three ever smaller maps of one channel weigh each position. */
class FPABlock extends Module {
  readonly branch1: Sequential;
  readonly mid: Sequential;
  readonly down1: Sequential;
  readonly down2: Sequential;
  readonly down3: Sequential;
  readonly conv2: ConvBnRelu;
  readonly conv1: ConvBnRelu;

  constructor(inChannels: number, outChannels: number, generator: Generator | undefined) {
    super();
    const conv = (from: number, to: number, kernelSize: number): ConvBnRelu =>
      new ConvBnRelu(from, to, { kernelSize, generator });
    const halve = (): MaxPool2d => new MaxPool2d({ kernelSize: 2, stride: 2 });
    this.branch1 = new Sequential(new AdaptiveAvgPool2d(1), conv(inChannels, outChannels, 1));
    this.mid = new Sequential(conv(inChannels, outChannels, 1));
    this.down1 = new Sequential(halve(), conv(inChannels, 1, 7));
    this.down2 = new Sequential(halve(), conv(1, 1, 5));
    this.down3 = new Sequential(halve(), conv(1, 1, 3), conv(1, 1, 3));
    this.conv2 = conv(1, 1, 5);
    this.conv1 = conv(1, 1, 7);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const [height, width] = sizeOf(x);
      check(
        height >= 8 && width >= 8,
        `a PAN halves the encoder's deepest map three times, so it must be 8 × 8 or larger; it is ${height} × ${width}: pass larger pictures`,
      );
      const at = (y: tf.Tensor, divisor: number): tf.Tensor =>
        enlarge(y, [Math.floor(height / divisor), Math.floor(width / divisor)], 'bilinear');
      const x1 = this.down1.forward(x);
      const x2 = this.down2.forward(x1);
      const x3 = this.down3.forward(x2);
      const quarter = tf.add(this.conv2.forward(x2), at(x3, 4));
      const half = tf.add(at(quarter, 2), this.conv1.forward(x1));
      const weighed = tf.mul(at(half, 1), this.mid.forward(x));
      // the pooled branch is one pixel: adding it is enlarging it
      return tf.add(weighed, this.branch1.forward(x));
    });
  }
}

/** Global attention up-sampling: the deeper map, enlarged, plus the finer one weighed by the deeper one's mean. */
class GAUBlock extends Module {
  readonly conv1: Sequential;
  readonly conv2: ConvBnRelu;
  readonly #interpolation: Interpolation;

  constructor(inChannels: number, outChannels: number, interpolation: Interpolation, generator: Generator | undefined) {
    super();
    this.conv1 = new Sequential(
      new AdaptiveAvgPool2d(1),
      new ConvBnRelu(outChannels, outChannels, { kernelSize: 1, relu: false, generator }),
      new Sigmoid(),
    );
    this.conv2 = new ConvBnRelu(inChannels, outChannels, { kernelSize: 3, generator });
    this.#interpolation = interpolation;
  }

  forward(fine: tf.Tensor, deep: tf.Tensor): tf.Tensor {
    return scope(() =>
      tf.add(
        enlarge(deep, sizeOf(fine), this.#interpolation),
        tf.mul(this.conv2.forward(fine), this.conv1.forward(deep)),
      ),
    );
  }
}

export class PANDecoder extends Module implements Decoder {
  readonly fpa: FPABlock;
  readonly gau3?: GAUBlock;
  readonly gau2?: GAUBlock;
  readonly gau1: GAUBlock;
  readonly outChannels: number;
  readonly outputStride: number;

  constructor(facts: EncoderFacts, options: PANDecoderOptions & { generator?: Generator | undefined }) {
    super();
    const { channels, interpolation, generator } = options;
    const maps = facts.outChannels.slice(2);
    const depth = depthOf(facts);
    const gau = (i: number): GAUBlock => new GAUBlock(maps[i]!, channels, interpolation, generator);
    this.fpa = new FPABlock(maps.at(-1)!, channels, generator);
    if (depth >= 5) this.gau3 = gau(2);
    if (depth >= 4) this.gau2 = gau(1);
    this.gau1 = gau(0);
    this.outChannels = channels;
    this.outputStride = facts.strides[2]!;
  }

  forward(features: readonly tf.Tensor[]): tf.Tensor {
    return scope(() => {
      const [first, second, third] = features.slice(2);
      let x = this.fpa.forward(features.at(-1)!);
      if (this.gau3 !== undefined) x = this.gau3.forward(third!, x);
      if (this.gau2 !== undefined) x = this.gau2.forward(second!, x);
      return this.gau1.forward(first!, x);
    });
  }
}

/** PAN among the decoders. */
export const panFamily: DecoderFamily<PANDecoderOptions> = {
  referenceClass: 'PAN',
  referenceArguments: {
    decoder_channels: 'channels',
    decoder_interpolation: 'interpolation',
    upscale_mode: 'interpolation',
  },
  encoderOutputStrides: [16, 32],
  anySize: false,
  headKernel: 3,
  initialise: true,
  upsampling: () => 4,
  resolve(facts, given) {
    checkDepth(facts, 3, 'a PAN');
    return withDefaults<PANDecoderOptions>({ channels: 32, interpolation: 'bilinear' }, given);
  },
  build: (facts, options, _classes, generator) => new PANDecoder(facts, { ...options, generator }),
};
