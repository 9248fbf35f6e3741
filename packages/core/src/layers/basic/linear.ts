import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { linear } from '../../functional/linear-algebra/index.js';
import {
  layouts,
  Module,
  Parameter,
  type FusedActivation,
  type FusingModule,
  type UnaryModule,
} from '../../module/index.js';
import { defaultGenerator, uniformTensor, type Generator } from '../../random/index.js';

/** y = x W + b on the last axis. Initialised as torch does: uniform within 1/sqrt(in). */
export class Linear extends Module implements FusingModule {
  get fusesActivations(): true {
    return true;
  }

  /** In memory [in, out]; [out, in] in checkpoints. */
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: { bias?: boolean; generator?: Generator } = {},
  ) {
    super();
    check(
      Number.isInteger(inFeatures) && Number.isInteger(outFeatures) && inFeatures > 0 && outFeatures > 0,
      `Linear needs positive whole sizes, got ${inFeatures} and ${outFeatures}`,
    );
    const { bias = true, generator = defaultGenerator() } = options;
    const bound = 1 / Math.sqrt(inFeatures);
    this.weight = new Parameter(uniformTensor([inFeatures, outFeatures], -bound, bound, generator), layouts.linear);
    this.bias = bias ? new Parameter(uniformTensor([outFeatures], -bound, bound, generator)) : null;
  }

  /** x [..., in] to [..., out]. */
  forward(x: tf.Tensor, activation?: FusedActivation): tf.Tensor {
    return linear(x, this.weight.value, this.bias?.value ?? null, activation && { activation });
  }
}

/** Returns its input: a place that another module may take. */
export class Identity extends Module implements UnaryModule {
  forward(x: tf.Tensor): tf.Tensor {
    return tf.clone(x);
  }
}
