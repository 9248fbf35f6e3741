import * as tf from '@tensorflow/tfjs-core';
import {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  check,
  checkCount,
  Conv2d,
  Dropout,
  Flatten,
  Identity,
  Linear,
  Sequential,
  Upsample,
  type Generator,
} from '@hourglass/core';
import { Activation, type ActivationName } from '../layers/activation.js';

export interface SegmentationHeadOptions {
  /** Null: the decoder already gives one score for each class. */
  readonly kernelSize: number | null;
  readonly upsampling?: number;
  readonly activation?: ActivationName | null;
  readonly generator?: Generator | undefined;
}

/** Convolution `0`, bilinear enlargement with aligned corners `1`, activation `2`. [N, H, W, C] to [N, H·up, W·up, classes]. */
export class SegmentationHead extends Sequential {
  constructor(inChannels: number, classes: number, options: SegmentationHeadOptions) {
    const { kernelSize, upsampling = 1, activation = null, generator } = options;
    checkCount('upsampling', upsampling);
    super(
      kernelSize === null
        ? new Identity()
        : new Conv2d(inChannels, classes, {
            kernelSize,
            padding: Math.floor(kernelSize / 2),
            ...(generator && { generator }),
          }),
      upsampling > 1 ? new Upsample({ scaleFactor: upsampling, mode: 'bilinear', alignCorners: true }) : new Identity(),
      new Activation(activation),
    );
  }
}

/** A second output: classes of the whole picture. Plain data. */
export interface ClassificationHeadConfig {
  readonly classes: number;
  readonly pooling?: 'avg' | 'max';
  readonly dropout?: number;
  readonly activation?: ActivationName | null;
}

/** Pooling `0`, flattening `1`, dropout `2`, linear layer `3`, activation `4`. [N, H, W, C] to [N, classes]. */
export class ClassificationHead extends Sequential {
  constructor(inChannels: number, config: ClassificationHeadConfig, generator?: Generator) {
    const { classes, pooling = 'avg', dropout = 0.2, activation = null } = config;
    check(pooling === 'avg' || pooling === 'max', `pooling must be 'avg' or 'max', got ${JSON.stringify(pooling)}`);
    super(
      pooling === 'avg' ? new AdaptiveAvgPool2d(1) : new AdaptiveMaxPool2d(1),
      new Flatten(),
      dropout > 0 ? new Dropout(dropout, generator && { generator }) : new Identity(),
      new Linear(inChannels, classes, generator && { generator }),
      new Activation(activation),
    );
  }

  override forward(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => super.forward(x));
  }
}
