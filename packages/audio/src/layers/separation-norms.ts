import * as tf from '@tensorflow/tfjs-core';
import {
  BatchNorm1d,
  check,
  functional,
  Module,
  Parameter,
  scope,
  UnsupportedError,
  type UnaryModule,
} from '@hourglass/core';

/** Norms of asteroid's networks (parameters `gamma` and `beta`). All take [N, ..., channels] and return the same shape. */
abstract class SeparationNorm extends Module implements UnaryModule {
  readonly gamma: Parameter;
  readonly beta: Parameter;

  constructor(readonly channels: number) {
    super();
    this.gamma = new Parameter(tf.ones([channels]));
    this.beta = new Parameter(tf.zeros([channels]));
  }

  abstract forward(x: tf.Tensor): tf.Tensor;
}

const eps = 1e-8;

/** Global layer norm: over everything of an example (Luo and Mesgarani 2019, arXiv:1809.07454). */
export class GlobLN extends SeparationNorm {
  forward(x: tf.Tensor): tf.Tensor {
    return functional.groupNorm(x, 1, this.gamma.value, this.beta.value, eps);
  }
}

/** Over the positions of each channel alone. */
export class FeatsGlobLN extends SeparationNorm {
  forward(x: tf.Tensor): tf.Tensor {
    return functional.groupNorm(x, this.channels, this.gamma.value, this.beta.value, eps);
  }
}

/** Over the channels of each position alone; causal. */
export class ChanLN extends SeparationNorm {
  forward(x: tf.Tensor): tf.Tensor {
    return functional.layerNorm(x, [this.channels], this.gamma.value, this.beta.value, eps);
  }
}

/** Over the channels of a frame and all before it (cumulative global layer norm); causal. */
export class CumLN extends SeparationNorm {
  /** x [N, frames, channels] */
  forward(x: tf.Tensor): tf.Tensor {
    check(x.rank === 3, () => `cgLN takes [N, frames, channels], got [${x.shape.join(', ')}]`);
    return scope(() => {
      const counts = tf.mul(tf.range(1, x.shape[1]! + 1), this.channels);
      const meanSoFar = (values: tf.Tensor): tf.Tensor =>
        tf.expandDims(tf.div(tf.cumsum(tf.sum(values, 2), 1), counts), 2);
      const mean = meanSoFar(x);
      const variance = tf.sub(meanSoFar(tf.square(x)), tf.square(mean));
      const normed = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, eps)));
      return tf.add(tf.mul(normed, this.gamma.value), this.beta.value);
    });
  }
}

/** Batch norm of sequences and of pictures alike. */
export class SeparationBatchNorm extends BatchNorm1d {
  protected override readonly ranks = [2, 3, 4];
}

const norms: Readonly<Record<string, new (channels: number) => UnaryModule>> = {
  gLN: GlobLN,
  GlobLN,
  fgLN: FeatsGlobLN,
  FeatsGlobLN,
  cLN: ChanLN,
  ChanLN,
  cgLN: CumLN,
  CumLN,
  bN: SeparationBatchNorm,
  BatchNorm: SeparationBatchNorm,
};

/**
 * A norm by the name that asteroid gives it.
 *
 * @throws UnsupportedError for another name
 */
export function separationNorm(name: string, channels: number): UnaryModule {
  const norm = Object.hasOwn(norms, name) ? norms[name] : undefined;
  if (norm === undefined)
    throw new UnsupportedError(`there is no norm '${name}'; there are ${Object.keys(norms).join(', ')}`);
  return new norm(channels);
}
