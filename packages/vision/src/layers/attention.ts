import * as tf from '@tensorflow/tfjs-core';
import {
  AdaptiveAvgPool2d,
  check,
  Conv2d,
  Identity,
  Module,
  ReLU,
  scope,
  Sequential,
  Sigmoid,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';

/** Squeeze and excite: one weight in (0, 1) for each channel, from the mean over all positions. [N, H, W, C] to [N, 1, 1, C]. */
export class ChannelGate extends Sequential {
  constructor(channels: number, reduced: number, generator?: Generator) {
    const options = { kernelSize: 1, ...(generator && { generator }) };
    super(
      new AdaptiveAvgPool2d(1),
      new Conv2d(channels, reduced, options),
      new ReLU(),
      new Conv2d(reduced, channels, options),
      new Sigmoid(),
    );
  }
}

/**
 * Concurrent spatial and channel squeeze and excitation (Roy et al. 2018, arXiv 1808.08127).
 * [N, H, W, C] to the same shape; C must be at least 16.
 */
export class SCSE extends Module {
  readonly cSE: ChannelGate;
  readonly sSE: Sequential;

  constructor(channels: number, options: { reduction?: number; generator?: Generator | undefined } = {}) {
    super();
    const { reduction = 16, generator } = options;
    check(
      channels >= reduction,
      `scse attention needs at least ${reduction} channels, got ${channels}; widen the decoder or leave attention out`,
    );
    this.cSE = new ChannelGate(channels, Math.floor(channels / reduction), generator);
    this.sSE = new Sequential(
      new Conv2d(channels, 1, { kernelSize: 1, ...(generator && { generator }) }),
      new Sigmoid(),
    );
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.add(tf.mul(x, this.cSE.forward(x)), tf.mul(x, this.sSE.forward(x))));
  }
}

export type AttentionType = 'scse';

/** The attention of a decoder block, or nothing. Its module is named `attention`, as in the reference. */
export class Attention extends Module {
  readonly attention: UnaryModule;

  constructor(type: AttentionType | null, channels: number, generator?: Generator) {
    super();
    check(type === null || type === 'scse', `attention must be 'scse' or null, got ${JSON.stringify(type)}`);
    this.attention = type === null ? new Identity() : new SCSE(channels, { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return this.attention.forward(x);
  }
}
