import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { perAxis, type PerAxis, type PerAxisPadding } from '../../functional/axes/options.js';
import { conv1d, conv2d, conv3d, type ConvolutionOptions } from '../../functional/convolution/index.js';
import { paddingOf } from '../../functional/convolution/geometry.js';
import { pad, type PadMode } from '../../functional/padding/index.js';
import { scope } from '../../memory.js';
import { layouts, Module, Parameter, type Layout, type UnaryModule } from '../../module/index.js';
import { defaultGenerator, uniformTensor, type Generator } from '../../random/index.js';

export interface ConvOptions {
  /** One number for all axes, or one each. */
  readonly kernelSize: PerAxis;
  /** Default 1. */
  readonly stride?: PerAxis;
  /** A number, one an axis, [before, after] pairs, 'same' or 'valid'; default 0. */
  readonly padding?: PerAxisPadding | 'same' | 'valid';
  /** Default 1. */
  readonly dilation?: PerAxis;
  /** Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly bias?: boolean;
  /** What the padding holds; default 'zeros'. */
  readonly paddingMode?: 'zeros' | Exclude<PadMode, 'constant'>;
  readonly generator?: Generator;
}

type Convolve = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor | null, options: ConvolutionOptions) => tf.Tensor;

/** What the convolutions share. Initialised as torch does: uniform within 1/sqrt(in/groups * kernel), weight and bias. */
abstract class Convolution extends Module implements UnaryModule {
  /** In memory [...kernel, in/groups, out]; [out, in/groups, ...kernel] in checkpoints. */
  readonly weight: Parameter;
  /** [out] */
  readonly bias: Parameter | null;
  readonly #convolve: Convolve;
  readonly #options: ConvolutionOptions;
  readonly #around: { readonly mode: PadMode; readonly pads: Array<[number, number]> } | null;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    options: ConvOptions,
    axes: number,
    layout: Layout,
    convolve: Convolve,
  ) {
    super();
    const { bias = true, groups = 1, paddingMode = 'zeros', padding = 0, generator = defaultGenerator() } = options;
    const name = this.constructor.name;
    const kernel = perAxis(options.kernelSize, axes, `${name}: kernelSize`, 1);
    checkChannels(name, inChannels, outChannels, groups);
    const shape = [...kernel, inChannels / groups, outChannels];
    const bound = 1 / Math.sqrt(shape.slice(0, -1).reduce((size, d) => size * d, 1));
    this.weight = new Parameter(uniformTensor(shape, -bound, bound, generator), layout);
    this.bias = bias ? new Parameter(uniformTensor([outChannels], -bound, bound, generator)) : null;
    const { stride = 1, dilation = 1 } = options;
    const pads = paddingOf(
      padding,
      kernel,
      perAxis(stride, axes, `${name}: stride`, 1),
      perAxis(dilation, axes, `${name}: dilation`, 1),
      name,
    );
    const zeros = paddingMode === 'zeros';
    this.#around = zeros ? null : { mode: paddingMode, pads };
    this.#options = { stride, dilation, groups, padding: zeros ? pads : 0 };
    this.#convolve = convolve;
  }

  /** x [batch, …spatial, in] to [batch, …spatial, out]. */
  forward(x: tf.Tensor): tf.Tensor {
    const bias = this.bias?.value ?? null;
    const around = this.#around;
    if (around === null) return this.#convolve(x, this.weight.value, bias, this.#options);
    return scope(() => this.#convolve(pad(x, around.pads, around), this.weight.value, bias, this.#options));
  }
}

export function checkChannels(name: string, inChannels: number, outChannels: number, groups: number): void {
  const whole = [inChannels, outChannels, groups].every((n) => Number.isInteger(n) && n > 0);
  check(
    whole && inChannels % groups === 0 && outChannels % groups === 0,
    () => `${name}: ${inChannels} input and ${outChannels} output channels cannot be cut into ${groups} groups`,
  );
}

/** Convolution of [batch, length, in]; see functional.conv1d. */
export class Conv1d extends Convolution {
  constructor(inChannels: number, outChannels: number, options: ConvOptions) {
    super(inChannels, outChannels, options, 1, layouts.conv1d, conv1d);
  }
}

/** Convolution of [batch, height, width, in]; see functional.conv2d. */
export class Conv2d extends Convolution {
  constructor(inChannels: number, outChannels: number, options: ConvOptions) {
    super(inChannels, outChannels, options, 2, layouts.conv2d, conv2d);
  }
}

/** Convolution of [batch, depth, height, width, in]; see functional.conv3d. */
export class Conv3d extends Convolution {
  constructor(inChannels: number, outChannels: number, options: ConvOptions) {
    super(inChannels, outChannels, options, 3, layouts.conv3d, conv3d);
  }
}
