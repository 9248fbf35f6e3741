import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm2d,
  Conv2d,
  ConvTranspose2d,
  Module,
  scope,
  type ConvOptions,
  type ConvTransposeOptions,
} from '@hourglass/core';

/** A complex tensor as its real and its imaginary part, of one shape. */
export type Complex = readonly [real: tf.Tensor, imaginary: tf.Tensor];

/**
 * What a complex layer does that is made of two real ones: (a + ib)(x + iy) = a x - b y + i (a y + b x). Each sees both parts as one batch.
 */
export function complexly(re: (x: tf.Tensor) => tf.Tensor, im: (x: tf.Tensor) => tf.Tensor, [x, y]: Complex): Complex {
  return scope(() => {
    const both = tf.concat([x, y], 0);
    const [ax, ay] = tf.split(re(both), 2, 0) as [tf.Tensor, tf.Tensor];
    const [bx, by] = tf.split(im(both), 2, 0) as [tf.Tensor, tf.Tensor];
    return [tf.sub(ax, by), tf.add(ay, bx)] as Complex;
  });
}

/** The same function of both parts. */
export function eachPart(fn: (x: tf.Tensor) => tf.Tensor, [x, y]: Complex): Complex {
  return [fn(x), fn(y)];
}

export class ComplexConv2d extends Module {
  readonly conv_re: Conv2d;
  readonly conv_im: Conv2d;

  constructor(inChannels: number, outChannels: number, options: ConvOptions) {
    super();
    this.conv_re = new Conv2d(inChannels, outChannels, options);
    this.conv_im = new Conv2d(inChannels, outChannels, options);
  }

  forward(z: Complex): Complex {
    return complexly(
      (x) => this.conv_re.forward(x),
      (x) => this.conv_im.forward(x),
      z,
    );
  }
}

export class ComplexConvTranspose2d extends Module {
  readonly tconv_re: ConvTranspose2d;
  readonly tconv_im: ConvTranspose2d;

  constructor(inChannels: number, outChannels: number, options: ConvTransposeOptions) {
    super();
    this.tconv_re = new ConvTranspose2d(inChannels, outChannels, options);
    this.tconv_im = new ConvTranspose2d(inChannels, outChannels, options);
  }

  forward(z: Complex): Complex {
    return complexly(
      (x) => this.tconv_re.forward(x),
      (x) => this.tconv_im.forward(x),
      z,
    );
  }
}

/** Batch norm of both parts, each for itself. */
export class ComplexBatchNorm2d extends Module {
  readonly bn_re: BatchNorm2d;
  readonly bn_im: BatchNorm2d;

  constructor(channels: number) {
    super();
    this.bn_re = new BatchNorm2d(channels);
    this.bn_im = new BatchNorm2d(channels);
  }

  forward([x, y]: Complex): Complex {
    return [this.bn_re.forward(x), this.bn_im.forward(y)];
  }
}
