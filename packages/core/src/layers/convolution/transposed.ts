import type * as tf from '@tensorflow/tfjs-core';
import { perAxis, type PerAxis, type PerAxisPadding } from '../../functional/axes/options.js';
import {
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  type TransposedConvolutionOptions,
} from '../../functional/convolution/index.js';
import { layouts, Module, Parameter, type Layout, type UnaryModule } from '../../module/index.js';
import { defaultGenerator, uniformTensor, type Generator } from '../../random/index.js';
import { checkChannels } from './convolution.js';

export interface ConvTransposeOptions {
  /** One number for all axes, or one each. */
  readonly kernelSize: PerAxis;
  /** Default 1. */
  readonly stride?: PerAxis;
  /** How much is cut off the result on both sides, or [before, after]; default 0. */
  readonly padding?: PerAxisPadding;
  /** How much longer the result is at its end; default 0. */
  readonly outputPadding?: PerAxis;
  /** Default 1. */
  readonly dilation?: PerAxis;
  /** Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
  readonly generator?: Generator;
}

type Transpose = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor | null, options: TransposedConvolutionOptions) => tf.Tensor;

/** What the transposed convolutions share. Initialised as torch does: uniform within 1/sqrt(out/groups * kernel), weight and bias. */
abstract class TransposedConvolution extends Module implements UnaryModule {
  /** In memory [...kernel, out/groups, in]; [in, out/groups, ...kernel] in checkpoints. */
  readonly weight: Parameter;
  /** [out] */
  readonly bias: Parameter | null;
  readonly #transpose: Transpose;
  readonly #options: TransposedConvolutionOptions;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: ConvTransposeOptions,
    axes: number,
    layout: Layout,
    transpose: Transpose,
  ) {
    super();
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
    const { bias = true, generator = defaultGenerator() } = options;
    const name = this.constructor.name;
    const kernel = perAxis(options.kernelSize, axes, `${name}: kernelSize`, 1);
    checkChannels(name, inChannels, outChannels, groups);
    const shape = [...kernel, outChannels / groups, inChannels];
    const bound = 1 / Math.sqrt(shape.slice(0, -1).reduce((size, d) => size * d, 1));
    this.weight = new Parameter(uniformTensor(shape, -bound, bound, generator), layout);
    this.bias = bias ? new Parameter(uniformTensor([outChannels], -bound, bound, generator)) : null;
    this.#options = { stride, padding, outputPadding, dilation, groups };
    this.#transpose = transpose;
  }

  /** x [batch, …spatial, in] to [batch, …spatial, out]. */
  forward(x: tf.Tensor): tf.Tensor {
    return this.#transpose(x, this.weight.value, this.bias?.value ?? null, this.#options);
  }
}

/** Transposed convolution of [batch, length, in]; see functional.convTranspose1d. */
export class ConvTranspose1d extends TransposedConvolution {
  constructor(inChannels: number, outChannels: number, options: ConvTransposeOptions) {
    super(inChannels, outChannels, options, 1, layouts.convTranspose1d, convTranspose1d);
  }
}

/** Transposed convolution of [batch, height, width, in]; see functional.convTranspose2d. */
export class ConvTranspose2d extends TransposedConvolution {
  constructor(inChannels: number, outChannels: number, options: ConvTransposeOptions) {
    super(inChannels, outChannels, options, 2, layouts.convTranspose2d, convTranspose2d);
  }
}

/** Transposed convolution of [batch, depth, height, width, in]; see functional.convTranspose3d. */
export class ConvTranspose3d extends TransposedConvolution {
  constructor(inChannels: number, outChannels: number, options: ConvTransposeOptions) {
    super(inChannels, outChannels, options, 3, layouts.convTranspose3d, convTranspose3d);
  }
}
