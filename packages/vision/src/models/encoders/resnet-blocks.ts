import * as tf from '@tensorflow/tfjs-core';
import { BatchNorm2d, Conv2d, Module, ReLU, scope, Sequential, type Generator } from '@hourglass/core';

export interface ResidualBlockOptions {
  /** Channels of the inner 3×3 convolution. */
  readonly width: number;
  /** Channels of the result. */
  readonly channels: number;
  readonly stride: number;
  readonly dilation: number;
  readonly groups: number;
  /** Project the shortcut with a 1×1 convolution. */
  readonly downsample: boolean;
  readonly generator?: Generator | undefined;
}

/** The projection of a shortcut: `0` the convolution, `1` its norm. */
function projection(inChannels: number, { channels, stride, generator }: ResidualBlockOptions): Sequential {
  return new Sequential(
    new Conv2d(inChannels, channels, { kernelSize: 1, stride, bias: false, ...(generator && { generator }) }),
    new BatchNorm2d(channels),
  );
}

/** Two 3×3 convolutions and a shortcut. [N, H, W, in] to [N, H/stride, W/stride, channels]. */
export class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly relu = new ReLU();
  readonly downsample?: Sequential;

  constructor(inChannels: number, options: ResidualBlockOptions) {
    super();
    const { width, channels, stride, dilation, downsample, generator } = options;
    const conv = { kernelSize: 3, padding: dilation, dilation, bias: false, ...(generator && { generator }) };
    this.conv1 = new Conv2d(inChannels, width, { ...conv, stride });
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, channels, conv);
    this.bn2 = new BatchNorm2d(channels);
    if (downsample) this.downsample = projection(inChannels, options);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const y = this.bn1.forward(this.conv1.forward(x), 'relu');
      const residual = this.bn2.forward(this.conv2.forward(y));
      return this.relu.forward(tf.add(residual, this.downsample?.forward(x) ?? x));
    });
  }
}

/** 1×1 to fewer channels, 3×3 (strided, dilated, grouped), 1×1 back, and a shortcut; the stride is in the middle. */
export class Bottleneck extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly relu = new ReLU();
  readonly downsample?: Sequential;

  constructor(inChannels: number, options: ResidualBlockOptions) {
    super();
    const { width, channels, stride, dilation, groups, downsample, generator } = options;
    const shared = { bias: false, ...(generator && { generator }) };
    this.conv1 = new Conv2d(inChannels, width, { kernelSize: 1, ...shared });
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = new Conv2d(width, width, { kernelSize: 3, stride, padding: dilation, dilation, groups, ...shared });
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = new Conv2d(width, channels, { kernelSize: 1, ...shared });
    this.bn3 = new BatchNorm2d(channels);
    if (downsample) this.downsample = projection(inChannels, options);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const y = this.bn1.forward(this.conv1.forward(x), 'relu');
      const z = this.bn2.forward(this.conv2.forward(y), 'relu');
      const residual = this.bn3.forward(this.conv3.forward(z));
      return this.relu.forward(tf.add(residual, this.downsample?.forward(x) ?? x));
    });
  }
}
