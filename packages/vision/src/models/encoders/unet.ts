/**
 * The contracting path of U-Net: Ronneberger, Fischer and Brox 2015, U-Net: Convolutional Networks for Biomedical Image Segmentation
 * (arXiv 1505.04597). Written from the paper; convolutions are padded, so that maps keep their size.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { check, MaxPool2d, Module, ModuleList, scope, Conv2d, ReLU, Sequential, type Generator } from '@hourglass/core';
import { createNorm, normSettings, type NormSpec } from '../../layers/norm.js';
import type { Encoder } from './encoder.js';
import { checkPicture } from './resnet.js';

export interface UNetEncoderOptions {
  readonly inChannels?: number;
  /** Channels at strides 1, 2, 4, …; the paper has 64, 128, 256, 512, 1024. */
  readonly channels: readonly number[];
  /** Default true: batch norm. The paper has none. */
  readonly norm?: NormSpec;
  /** Beyond this stride levels are dilated, not pooled. Default: no dilation. */
  readonly outputStride?: number;
  readonly generator?: Generator | undefined;
}

/** Two 3×3 convolutions, each with norm and ReLU. [N, H, W, in] to [N, H, W, out]. */
export class DoubleConv extends Module {
  readonly conv1: Sequential;
  readonly conv2: Sequential;

  constructor(
    inChannels: number,
    outChannels: number,
    options: { norm: NormSpec; dilation?: number; generator?: Generator | undefined },
  ) {
    super();
    const { norm, dilation = 1, generator } = options;
    const bias = normSettings(norm).type === 'identity';
    const half = (from: number): Sequential =>
      new Sequential(
        new Conv2d(from, outChannels, {
          kernelSize: 3,
          padding: dilation,
          dilation,
          bias,
          ...(generator && { generator }),
        }),
        createNorm(norm, outChannels),
        new ReLU(),
      );
    this.conv1 = half(inChannels);
    this.conv2 = half(outChannels);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => this.conv2.forward(this.conv1.forward(x)));
  }
}

/** Double convolutions with 2×2 max pooling between: features at strides 1, 2, 4, … */
export class UNetEncoder extends Module implements Encoder {
  readonly blocks: ModuleList<DoubleConv>;
  readonly inChannels: number;
  readonly outChannels: readonly number[];
  readonly strides: readonly number[];
  readonly outputStride: number;
  readonly startsWithInput = false;
  // sizes that two does not divide are rounded up, so that no row of the picture is lost
  readonly #pool = new MaxPool2d({ kernelSize: 2, stride: 2, ceilMode: true });

  constructor(options: UNetEncoderOptions) {
    super();
    const { inChannels = 3, channels, norm = true, generator } = options;
    check(
      channels.length >= 2 && channels.every((c) => Number.isInteger(c) && c > 0),
      () => `a U-Net encoder needs the channels of at least two levels, got ${JSON.stringify(channels)}`,
    );
    const deepest = 2 ** (channels.length - 1);
    const limit = Math.min(options.outputStride ?? deepest, deepest);
    check(Number.isInteger(Math.log2(limit)), () => `an output stride is a power of two, got ${limit}`);
    this.inChannels = inChannels;
    this.outChannels = [...channels];
    this.strides = channels.map((_, i) => Math.min(2 ** i, limit));
    this.outputStride = limit;
    this.blocks = new ModuleList(
      channels.map(
        (out, i) =>
          new DoubleConv(i === 0 ? inChannels : channels[i - 1]!, out, {
            norm,
            dilation: 2 ** i / this.strides[i]!,
            generator,
          }),
      ),
    );
  }

  forward(x: tf.Tensor): tf.Tensor[] {
    checkPicture(x, this.inChannels);
    return scope(() => {
      const features: tf.Tensor[] = [];
      let y = x;
      for (const [i, block] of [...this.blocks].entries()) {
        const pooled = i > 0 && this.strides[i] !== this.strides[i - 1];
        y = block.forward(pooled ? this.#pool.forward(y) : y);
        features.push(y);
      }
      return features;
    });
  }
}
