import {
  Conv1d,
  ConvTranspose1d,
  Module,
  ModuleList,
  scope,
  Snake,
  weightNorm,
  type Generator,
  type UnaryModule,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { ConvStream, ConvTransposeStream } from './conv-stream.js';
import { IdentityStream, SequentialStream, SumStream, type LayerStream, type Streamable } from './streaming.js';

/** What all parts of an encoder or decoder with Snake share. */
export interface SnakeStyle {
  /** Snake with a divisor of its own, both of its parameters logarithms (Oobleck's). Default false: DAC's. */
  readonly beta?: boolean;
  /** Weight norm under the names `weight_g` and `weight_v`. Default false. */
  readonly weightNorm?: boolean;
  readonly generator?: Generator | undefined;
}

interface ConvolutionSizes {
  readonly kernelSize: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly padding?: number;
  readonly bias?: boolean;
}

function snake(width: number, { beta = false }: SnakeStyle): Snake {
  return new Snake(width, { beta, logScale: beta });
}

function conv(inner: number, outer: number, sizes: ConvolutionSizes, style: SnakeStyle): Conv1d {
  const made = new Conv1d(inner, outer, { ...sizes, ...(style.generator && { generator: style.generator }) });
  return style.weightNorm === true ? weightNorm(made, { legacy: true }) : made;
}

/** The stream of a convolution that is padded with zeros on both sides. */
function convStream(
  layer: Conv1d,
  { kernelSize, stride = 1, dilation = 1, padding = 0 }: ConvolutionSizes,
): LayerStream {
  const extent = (kernelSize - 1) * dilation + 1;
  const sizes = { extent, stride, dilation, groups: 1, padMode: 'constant', fills: false } as const;
  return new ConvStream(layer, { ...sizes, padding: [padding, padding] });
}

function inTurn(modules: Iterable<UnaryModule>, x: tf.Tensor): tf.Tensor {
  return scope(() => {
    let y = x;
    for (const module of modules) y = module.forward(y);
    return y;
  });
}

/** Two convolutions with Snake before each, the first over 7 steps with a dilation, added to the input; the same shape back. */
export class SnakeResidualUnit extends Module implements Streamable {
  readonly snake1: Snake;
  readonly conv1: Conv1d;
  readonly snake2: Snake;
  readonly conv2: Conv1d;

  constructor(
    width: number,
    readonly dilation: number,
    style: SnakeStyle = {},
  ) {
    super();
    this.snake1 = snake(width, style);
    this.conv1 = conv(width, width, { kernelSize: 7, dilation, padding: 3 * dilation }, style);
    this.snake2 = snake(width, style);
    this.conv2 = conv(width, width, { kernelSize: 1 }, style);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => tf.add(x, inTurn([this.snake1, this.conv1, this.snake2, this.conv2], x)));
  }

  stream(): LayerStream {
    const wide = convStream(this.conv1, { kernelSize: 7, dilation: this.dilation, padding: 3 * this.dilation });
    return new SumStream(new IdentityStream(), new SequentialStream([this.snake1, wide, this.snake2, this.conv2]));
  }
}

function strided(stride: number) {
  return { kernelSize: 2 * stride, stride, padding: Math.ceil(stride / 2) };
}

/** Residual units with dilations 1, 3 and 9, then a convolution with a stride. */
class SnakeEncoderBlock extends Module implements Streamable {
  readonly res_unit1: SnakeResidualUnit;
  readonly res_unit2: SnakeResidualUnit;
  readonly res_unit3: SnakeResidualUnit;
  readonly snake1: Snake;
  readonly conv1: Conv1d;

  constructor(
    inner: number,
    outer: number,
    readonly stride: number,
    style: SnakeStyle,
  ) {
    super();
    this.res_unit1 = new SnakeResidualUnit(inner, 1, style);
    this.res_unit2 = new SnakeResidualUnit(inner, 3, style);
    this.res_unit3 = new SnakeResidualUnit(inner, 9, style);
    this.snake1 = snake(inner, style);
    this.conv1 = conv(inner, outer, strided(stride), style);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return inTurn([this.res_unit1, this.res_unit2, this.res_unit3, this.snake1, this.conv1], x);
  }

  stream(): LayerStream {
    const last = convStream(this.conv1, strided(this.stride));
    return new SequentialStream([this.res_unit1, this.res_unit2, this.res_unit3, this.snake1, last]);
  }
}

/** A transposed convolution with a stride, then residual units with dilations 1, 3 and 9. */
class SnakeDecoderBlock extends Module implements Streamable {
  readonly snake1: Snake;
  readonly conv_t1: ConvTranspose1d;
  readonly res_unit1: SnakeResidualUnit;
  readonly res_unit2: SnakeResidualUnit;
  readonly res_unit3: SnakeResidualUnit;

  constructor(
    inner: number,
    outer: number,
    readonly stride: number,
    style: SnakeStyle,
  ) {
    super();
    const { generator } = style;
    this.snake1 = snake(inner, style);
    const transposed = new ConvTranspose1d(inner, outer, {
      ...strided(stride),
      ...(generator && { generator }),
    });
    this.conv_t1 = style.weightNorm === true ? weightNorm(transposed, { legacy: true }) : transposed;
    this.res_unit1 = new SnakeResidualUnit(outer, 1, style);
    this.res_unit2 = new SnakeResidualUnit(outer, 3, style);
    this.res_unit3 = new SnakeResidualUnit(outer, 9, style);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return inTurn([this.snake1, this.conv_t1, this.res_unit1, this.res_unit2, this.res_unit3], x);
  }

  stream(): LayerStream {
    const { kernelSize: extent, stride, padding } = strided(this.stride);
    const first = new ConvTransposeStream(this.conv_t1, { extent, stride, groups: 1, trimmed: [padding, padding] });
    return new SequentialStream([this.snake1, first, this.res_unit1, this.res_unit2, this.res_unit3]);
  }
}

export interface SnakeNetOptions extends SnakeStyle {
  /** Channels of the sound. */
  readonly channels: number;
  /** Width of the latent frames. */
  readonly latentChannels: number;
  /** Widths between the stages, in the direction of the signal: one more than strides. */
  readonly widths: readonly number[];
  readonly strides: readonly number[];
}

/** Sound [N, time, channels] to latent frames, one for each product of the strides (Kumar et al. 2023, arXiv:2306.06546). */
export class SnakeEncoder extends Module implements Streamable {
  readonly conv1: Conv1d;
  readonly block: ModuleList<SnakeEncoderBlock>;
  readonly snake1: Snake;
  readonly conv2: Conv1d;

  constructor({ channels, latentChannels, widths, strides, ...style }: SnakeNetOptions) {
    super();
    this.conv1 = conv(channels, widths[0]!, { kernelSize: 7, padding: 3 }, style);
    this.block = new ModuleList(
      strides.map((stride, i) => new SnakeEncoderBlock(widths[i]!, widths[i + 1]!, stride, style)),
    );
    this.snake1 = snake(widths.at(-1)!, style);
    this.conv2 = conv(widths.at(-1)!, latentChannels, { kernelSize: 3, padding: 1 }, style);
  }

  forward(x: tf.Tensor): tf.Tensor {
    return inTurn([this.conv1, ...this.block, this.snake1, this.conv2], x);
  }

  stream(): LayerStream {
    const first = convStream(this.conv1, { kernelSize: 7, padding: 3 });
    const last = convStream(this.conv2, { kernelSize: 3, padding: 1 });
    return new SequentialStream([first, ...this.block, this.snake1, last]);
  }
}

/** Latent frames to sound. */
export class SnakeDecoder extends Module implements Streamable {
  readonly conv1: Conv1d;
  readonly block: ModuleList<SnakeDecoderBlock>;
  readonly snake1: Snake;
  readonly conv2: Conv1d;
  readonly #last: UnaryModule[];

  /** @param options.lastBias of the last convolution; default true. `last` comes behind it. */
  constructor(options: SnakeNetOptions & { readonly lastBias?: boolean; readonly last?: UnaryModule }) {
    super();
    const { channels, latentChannels, widths, strides, lastBias = true, last, ...style } = options;
    this.conv1 = conv(latentChannels, widths[0]!, { kernelSize: 7, padding: 3 }, style);
    this.block = new ModuleList(
      strides.map((stride, i) => new SnakeDecoderBlock(widths[i]!, widths[i + 1]!, stride, style)),
    );
    this.snake1 = snake(widths.at(-1)!, style);
    this.conv2 = conv(widths.at(-1)!, channels, { kernelSize: 7, padding: 3, bias: lastBias }, style);
    this.#last = last === undefined ? [] : [last];
  }

  forward(x: tf.Tensor): tf.Tensor {
    return inTurn([this.conv1, ...this.block, this.snake1, this.conv2, ...this.#last], x);
  }

  stream(): LayerStream {
    const [first, last] = [this.conv1, this.conv2].map((layer) => convStream(layer, { kernelSize: 7, padding: 3 }));
    return new SequentialStream([first!, ...this.block, this.snake1, last!, ...this.#last]);
  }
}
