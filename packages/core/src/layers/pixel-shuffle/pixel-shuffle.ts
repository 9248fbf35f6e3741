import type * as tf from '@tensorflow/tfjs-core';
import { channelShuffle, pixelShuffle, pixelUnshuffle } from '../../functional/shape-ops/index.js';
import { Module, type UnaryModule } from '../../module/index.js';

/** [..., height, width, channels * r * r] to [..., height * r, width * r, channels]; see functional.pixelShuffle. */
export class PixelShuffle extends Module implements UnaryModule {
  constructor(readonly upscaleFactor: number) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return pixelShuffle(x, this.upscaleFactor);
  }
}

/** The inverse of {@link PixelShuffle}. */
export class PixelUnshuffle extends Module implements UnaryModule {
  constructor(readonly downscaleFactor: number) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return pixelUnshuffle(x, this.downscaleFactor);
  }
}

/** Exchanges channels between groups; see functional.channelShuffle. */
export class ChannelShuffle extends Module implements UnaryModule {
  constructor(readonly groups: number) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return channelShuffle(x, this.groups);
  }
}
