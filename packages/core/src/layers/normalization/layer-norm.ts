import * as tf from '@tensorflow/tfjs-core';
import { layerNorm, rmsNorm } from '../../functional/normalization/index.js';
import { Module, Parameter, type UnaryModule } from '../../module/index.js';

/** Layer norm over the trailing axes `normalizedShape` (Ba et al. 2016, arXiv:1607.06450). */
export class LayerNorm extends Module implements UnaryModule {
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;
  readonly normalizedShape: readonly number[];
  readonly eps: number;

  constructor(
    normalizedShape: number | readonly number[],
    options: { eps?: number; elementwiseAffine?: boolean; bias?: boolean } = {},
  ) {
    super();
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    this.eps = eps;
    this.weight = elementwiseAffine ? new Parameter(tf.ones([...this.normalizedShape])) : null;
    this.bias = elementwiseAffine && bias ? new Parameter(tf.zeros([...this.normalizedShape])) : null;
  }

  /** x [..., ...normalizedShape]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return layerNorm(x, this.normalizedShape, this.weight?.value ?? null, this.bias?.value ?? null, this.eps);
  }
}

/** RMS norm over the trailing axes `normalizedShape` (Zhang and Sennrich 2019, arXiv:1910.07467). */
export class RMSNorm extends Module implements UnaryModule {
  readonly weight: Parameter | null;
  readonly normalizedShape: readonly number[];
  readonly eps: number | null;

  /** eps null (default) is the machine epsilon of float32. */
  constructor(
    normalizedShape: number | readonly number[],
    options: { eps?: number | null; elementwiseAffine?: boolean } = {},
  ) {
    super();
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : [...normalizedShape];
    this.eps = options.eps ?? null;
    this.weight = (options.elementwiseAffine ?? true) ? new Parameter(tf.ones([...this.normalizedShape])) : null;
  }

  /** x [..., ...normalizedShape]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return rmsNorm(x, this.normalizedShape, this.weight?.value ?? null, this.eps);
  }
}
