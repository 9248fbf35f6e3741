import type * as tf from '@tensorflow/tfjs-core';
import { bilinear } from '../../functional/linear-algebra/index.js';
import { Module, Parameter } from '../../module/index.js';
import { uniformTensor, type Generator } from '../../random/index.js';

/** y_o = a W_o b + bias_o on the last axes of two inputs, as torch.nn.Bilinear. */
export class Bilinear extends Module {
  /** [out, in1, in2] */
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(in1: number, in2: number, out: number, options: { bias?: boolean; generator?: Generator } = {}) {
    super();
    const bound = 1 / Math.sqrt(in1);
    this.weight = new Parameter(uniformTensor([out, in1, in2], -bound, bound, options.generator));
    this.bias = (options.bias ?? true) ? new Parameter(uniformTensor([out], -bound, bound, options.generator)) : null;
  }

  /** a [..., in1] and b [..., in2] to [..., out]. */
  forward(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
    return bilinear(a, b, this.weight.value, this.bias?.value ?? null);
  }
}
