import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { prelu, snake } from '../../functional/activations/index.js';
import { layouts, Module, Parameter, type Layout, type UnaryModule } from '../../module/index.js';

/** x where positive, else weight x, with one learned slope or one a channel (He et al. 2015, arXiv:1502.01852). */
export class PReLU extends Module implements UnaryModule {
  readonly weight: Parameter;

  constructor(options: { numParameters?: number; init?: number } = {}) {
    super();
    const { numParameters = 1, init = 0.25 } = options;
    this.weight = new Parameter(tf.tensor1d(Array.from({ length: numParameters }, () => init)));
  }

  /** x [..., channels]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return prelu(x, this.weight.value);
  }
}

/** Snake parameters as audio codecs store them: checkpoint [1, C, 1], memory [1, 1, C]. */
const channelVector: Layout = { name: 'channel vector', axes: [0, 2, 1] };

export interface SnakeLayerOptions {
  /** First value of the parameters, before the logarithm. Default 1. */
  readonly init?: number;
  /** Learn the divisor apart, as `beta` (BigVGAN, Lee et al. 2022, arXiv:2206.04658). Default false. */
  readonly beta?: boolean;
  /** The parameters are logarithms. Default false. */
  readonly logScale?: boolean;
  /** Axes of the parameters in the checkpoint: 3 for [1, C, 1] (DAC, the default), 1 for [C] (BigVGAN). */
  readonly parameterRank?: 1 | 3;
  /** Default 1e-9. */
  readonly eps?: number;
}

/** x + sin^2(alpha x) / alpha with alpha learned for each channel (Ziyin et al. 2020, arXiv:2006.08195). */
export class Snake extends Module implements UnaryModule {
  readonly alpha: Parameter;
  readonly beta: Parameter | null;
  readonly logScale: boolean;
  readonly eps: number;

  /** @throws InvalidArgumentError when the first value has no logarithm but `logScale` asks for it. */
  constructor(
    readonly channels: number,
    options: SnakeLayerOptions = {},
  ) {
    super();
    const { init = 1, beta = false, logScale = false, parameterRank = 3, eps = 1e-9 } = options;
    check(!logScale || init > 0, `Snake: init ${init} has no logarithm`);
    const shape = parameterRank === 1 ? [channels] : [1, 1, channels];
    const layout = parameterRank === 1 ? layouts.plain : channelVector;
    const parameter = (): Parameter => new Parameter(tf.fill(shape, logScale ? Math.log(init) : init), layout);
    this.alpha = parameter();
    this.beta = beta ? parameter() : null;
    this.logScale = logScale;
    this.eps = eps;
  }

  /** x [..., channels]; the same shape back. */
  forward(x: tf.Tensor): tf.Tensor {
    return snake(x, this.alpha.value, { beta: this.beta?.value ?? null, logScale: this.logScale, eps: this.eps });
  }
}
