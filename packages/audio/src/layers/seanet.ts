import { check, ELU, Module, ModuleList, scope, type Generator, type UnaryModule } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { EndMode } from './pad-ends.js';
import { StreamableConv1d, type ConvNorm } from './streamable-conv.js';
import { StreamableConvTranspose1d } from './streamable-conv-transpose.js';
import { StreamableLSTM } from './streamable-lstm.js';
import { IdentityStream, SequentialStream, SumStream, type LayerStream, type Streamable } from './streaming.js';

/** What all convolutions of a network share. */
export interface SEANetConvolutions {
  /** Default true. */
  readonly causal?: boolean;
  /** Default `reflect`. */
  readonly padMode?: EndMode;
  /** Default `weight_norm`. */
  readonly norm?: ConvNorm;
  /** Made anew for each place. Default ELU. */
  readonly activation?: () => UnaryModule;
  readonly generator?: Generator | undefined;
}

/** Sizes of an encoder or a decoder; the defaults are EnCodec's at 24 kHz. */
export interface SEANetOptions extends SEANetConvolutions {
  /** Of the sound. Default 1. */
  readonly channels?: number;
  /** Width of the latent frames. Default 128. */
  readonly dimension?: number;
  /** Channels next to the sound; each stage towards the frames has twice as many. Default 32. */
  readonly numFilters?: number;
  /** How much longer the signal gets at each stage of the decoder; the encoder takes them backwards. Default [8, 5, 4, 2]. */
  readonly ratios?: readonly number[];
  /** Residual units a stage. Default 1. */
  readonly numResidualLayers?: number;
  /** Of the first convolution. Default 7. */
  readonly kernelSize?: number;
  /** Of the last convolution. Default 7. */
  readonly lastKernelSize?: number;
  /** Default 3. */
  readonly residualKernelSize?: number;
  /** Dilation of a stage's residual unit j is this to the power of j. Default 2. */
  readonly dilationGrowthRate?: number;
  /** How much narrower residual units are inside. Default 2. */
  readonly compress?: number;
  /** 0 leaves the LSTM out. Default 2. */
  readonly lstmLayers?: number;
  /** A convolution past the residual units, instead of nothing. Default true. */
  readonly convShortcut?: boolean;
  /** Of the decoder's transposed convolutions. Default 1. */
  readonly trimRightRatio?: number;
  /** Behind the decoder's last convolution. Default none. */
  readonly finalActivation?: UnaryModule | null;
}

export interface SEANetResidualUnitOptions extends SEANetConvolutions {
  /** Of the two convolutions. Default [3, 1]. */
  readonly kernelSizes?: readonly number[];
  /** One for each kernel. Default 1. */
  readonly dilations?: readonly number[];
  /** Default 2. */
  readonly compress?: number;
  /** Default true. */
  readonly convShortcut?: boolean;
}

function convolutionOptions(options: SEANetConvolutions) {
  const { causal = true, padMode = 'reflect', norm = 'weight_norm', generator } = options;
  return { causal, padMode, norm, generator };
}

const elu = (): UnaryModule => new ELU();

/**
 * Activation and convolution in turn, narrower in between, added to the input: x [N, time, width], the same shape back
 * (Tagliasacchi et al. 2020, arXiv:2009.02095). Names as in transformers: `block.1`, `block.3`, `shortcut`.
 */
export class SEANetResidualUnit extends Module implements Streamable {
  readonly block: ModuleList<UnaryModule>;
  readonly shortcut: StreamableConv1d | null;

  constructor(width: number, options: SEANetResidualUnitOptions = {}) {
    super();
    const { kernelSizes = [3, 1], compress = 2, convShortcut = true, activation = elu } = options;
    const { dilations = kernelSizes.map(() => 1) } = options;
    check(
      kernelSizes.length === dilations.length,
      () => `a residual unit needs a dilation for each kernel, got ${kernelSizes.length} and ${dilations.length}`,
    );
    const shared = convolutionOptions(options);
    const inner = Math.floor(width / compress);
    check(inner > 0, () => `a residual unit of ${width} channels cannot be ${compress} times narrower inside`);
    const last = kernelSizes.length - 1;
    this.block = new ModuleList<UnaryModule>(
      kernelSizes.flatMap((kernelSize, i) => [
        activation(),
        new StreamableConv1d(i === 0 ? width : inner, i === last ? width : inner, {
          ...shared,
          kernelSize,
          dilation: dilations[i]!,
        }),
      ]),
    );
    this.shortcut = convShortcut ? new StreamableConv1d(width, width, { ...shared, kernelSize: 1 }) : null;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const past = this.shortcut === null ? x : this.shortcut.forward(x);
      return tf.add(past, inTurn(this.block, x));
    });
  }

  stream(): LayerStream {
    return new SumStream(this.shortcut?.stream() ?? new IdentityStream(), new SequentialStream(this.block));
  }
}

function inTurn(modules: Iterable<UnaryModule>, x: tf.Tensor): tf.Tensor {
  let y = x;
  for (const module of modules) y = module.forward(y);
  return y;
}

/** Layers in turn under transformers' names `layers.N`. */
abstract class SEANet extends Module implements Streamable {
  abstract readonly layers: ModuleList<UnaryModule>;

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => inTurn(this.layers, x));
  }

  stream(): LayerStream {
    return new SequentialStream(this.layers);
  }
}

function withDefaults(options: SEANetOptions) {
  const { ratios = [8, 5, 4, 2] } = options;
  check(
    ratios.length > 0 && ratios.every((ratio) => Number.isInteger(ratio) && ratio > 0),
    () => `SEANet: ratios must be positive whole numbers, got [${ratios.join(', ')}]`,
  );
  return {
    channels: 1,
    dimension: 128,
    numFilters: 32,
    numResidualLayers: 1,
    kernelSize: 7,
    lastKernelSize: 7,
    residualKernelSize: 3,
    dilationGrowthRate: 2,
    compress: 2,
    lstmLayers: 2,
    convShortcut: true,
    trimRightRatio: 1,
    finalActivation: null,
    activation: elu,
    ...options,
    ratios,
  };
}

type Sizes = ReturnType<typeof withDefaults>;

/** The residual units of a stage. */
function units(width: number, sizes: Sizes): SEANetResidualUnit[] {
  return Array.from(
    { length: sizes.numResidualLayers },
    (_, j) =>
      new SEANetResidualUnit(width, {
        ...sizes,
        kernelSizes: [sizes.residualKernelSize, 1],
        dilations: [sizes.dilationGrowthRate ** j, 1],
      }),
  );
}

function recurrent(width: number, { lstmLayers, generator }: Sizes): StreamableLSTM[] {
  return lstmLayers > 0 ? [new StreamableLSTM(width, { numLayers: lstmLayers, generator })] : [];
}

/** Sound [N, time, channels] to latent frames [N, ceil(time / product of ratios), dimension], as EnCodec has it. */
export class SEANetEncoder extends SEANet {
  readonly layers: ModuleList<UnaryModule>;

  constructor(options: SEANetOptions = {}) {
    super();
    const sizes = withDefaults(options);
    const { numFilters, activation } = sizes;
    const shared = convolutionOptions(sizes);
    const conv = (inner: number, outer: number, kernelSize: number, stride = 1): StreamableConv1d =>
      new StreamableConv1d(inner, outer, { ...shared, kernelSize, stride });
    const layers: UnaryModule[] = [conv(sizes.channels, numFilters, sizes.kernelSize)];
    let width = numFilters;
    for (const ratio of sizes.ratios.toReversed()) {
      layers.push(...units(width, sizes), activation(), conv(width, 2 * width, 2 * ratio, ratio));
      width *= 2;
    }
    layers.push(...recurrent(width, sizes), activation(), conv(width, sizes.dimension, sizes.lastKernelSize));
    this.layers = new ModuleList(layers);
  }
}

/** Latent frames [N, frames, dimension] to sound [N, frames · product of ratios, channels], as EnCodec has it. */
export class SEANetDecoder extends SEANet {
  readonly layers: ModuleList<UnaryModule>;

  constructor(options: SEANetOptions = {}) {
    super();
    const sizes = withDefaults(options);
    const { numFilters, activation, trimRightRatio, finalActivation } = sizes;
    const { padMode, ...shared } = convolutionOptions(sizes);
    const conv = (inner: number, outer: number, kernelSize: number): StreamableConv1d =>
      new StreamableConv1d(inner, outer, { ...shared, padMode, kernelSize });
    let width = numFilters * 2 ** sizes.ratios.length;
    const layers: UnaryModule[] = [conv(sizes.dimension, width, sizes.kernelSize), ...recurrent(width, sizes)];
    for (const stride of sizes.ratios) {
      const half = width / 2;
      layers.push(
        activation(),
        new StreamableConvTranspose1d(width, half, { ...shared, kernelSize: 2 * stride, stride, trimRightRatio }),
        ...units(half, sizes),
      );
      width = half;
    }
    layers.push(activation(), conv(width, sizes.channels, sizes.lastKernelSize));
    if (finalActivation !== null) layers.push(finalActivation);
    this.layers = new ModuleList(layers);
  }
}
