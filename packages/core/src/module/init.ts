import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { defaultGenerator, type Generator } from '../random/index.js';
import { skipsDraws } from '../random/without-draws.js';
import { toMemory } from './layout.js';
import type { Parameter } from './parameter.js';

/*
 * torch.nn.init: each function fills a parameter in place. Shapes, fans and orientation are those of the checkpoint
 * ([out, in, ...kernel]), however the parameter lies in memory.
 */

export interface InitOptions {
  readonly generator?: Generator;
}

/** Non-linearities that {@link gain} knows. */
export type Nonlinearity = 'linear' | 'conv' | 'sigmoid' | 'tanh' | 'relu' | 'leaky_relu' | 'selu';

/** The factor that keeps variances through a non-linearity: torch.nn.init.calculate_gain. `a` is leaky ReLU's slope. */
export function gain(nonlinearity: Nonlinearity, a = 0.01): number {
  switch (nonlinearity) {
    case 'linear':
    case 'conv':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leaky_relu':
      return Math.sqrt(2 / (1 + a * a));
    case 'selu':
      return 3 / 4;
  }
}

/**
 * Inputs and outputs that each value of a weight of this checkpoint shape connects.
 *
 * @throws InvalidArgumentError for fewer than two axes.
 */
export function fans(checkpointShape: readonly number[]): { fanIn: number; fanOut: number } {
  check(
    checkpointShape.length >= 2,
    () => `fans need at least two axes, got a weight of shape [${checkpointShape.join(', ')}]`,
  );
  const field = checkpointShape.slice(2).reduce((n, d) => n * d, 1);
  return { fanIn: checkpointShape[1]! * field, fanOut: checkpointShape[0]! * field };
}

/** Fills a parameter from values in the checkpoint's order. */
function assign(parameter: Parameter, values: Float32Array): void {
  const value = tf.tensor(toMemory(parameter.layout, values, parameter.checkpointShape), parameter.shape, 'float32');
  parameter.assign(value);
  value.dispose();
}

function fill(parameter: Parameter, next: () => number): void {
  if (skipsDraws()) return;
  const values = new Float32Array(parameter.variable.size);
  for (let i = 0; i < values.length; i++) values[i] = next();
  assign(parameter, values);
}

/** Uniform in [low, high). */
export function uniform(parameter: Parameter, low = 0, high = 1, options: InitOptions = {}): void {
  const { generator = defaultGenerator() } = options;
  fill(parameter, () => generator.uniform(low, high));
}

/** Normal with this mean and standard deviation. */
export function normal(parameter: Parameter, mean = 0, std = 1, options: InitOptions = {}): void {
  const { generator = defaultGenerator() } = options;
  fill(parameter, () => generator.normal(mean, std));
}

/** Normal, drawn again while outside [low, high]; the bounds are values, not standard deviations, as in torch. */
export function truncNormal(
  parameter: Parameter,
  options: InitOptions & { mean?: number; std?: number; low?: number; high?: number } = {},
): void {
  const { mean = 0, std = 1, low = -2, high = 2, generator = defaultGenerator() } = options;
  check(
    low < high && low < mean + 5 * std && high > mean - 5 * std,
    `truncNormal: hardly anything of a normal (${mean}, ${std}) lies between ${low} and ${high}`,
  );
  fill(parameter, () => {
    let value: number;
    do value = generator.normal(mean, std);
    while (value < low || value > high);
    return value;
  });
}

/** One value everywhere. */
export function constant(parameter: Parameter, value: number): void {
  const values = new Float32Array(parameter.variable.size).fill(value);
  assign(parameter, values);
}

export function zeros(parameter: Parameter): void {
  constant(parameter, 0);
}

export function ones(parameter: Parameter): void {
  constant(parameter, 1);
}

/** Uniform with variance 2 gain^2 / (fan in + fan out) (Glorot and Bengio 2010). */
export function xavierUniform(parameter: Parameter, options: InitOptions & { gain?: number } = {}): void {
  const bound = Math.sqrt(3) * xavierStd(parameter, options.gain);
  uniform(parameter, -bound, bound, options);
}

/** Normal with variance 2 gain^2 / (fan in + fan out) (Glorot and Bengio 2010). */
export function xavierNormal(parameter: Parameter, options: InitOptions & { gain?: number } = {}): void {
  normal(parameter, 0, xavierStd(parameter, options.gain), options);
}

function xavierStd(parameter: Parameter, gain = 1): number {
  const { fanIn, fanOut } = fans(parameter.checkpointShape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

export interface KaimingOptions extends InitOptions {
  /** Keep the variance of the forward pass (fan in, default) or of the backward pass (fan out). */
  readonly mode?: 'fan_in' | 'fan_out';
  /** Default 'leaky_relu'. */
  readonly nonlinearity?: Nonlinearity;
  /** Slope of the leaky ReLU. Default 0. */
  readonly a?: number;
}

/** Uniform with variance gain^2 / fan (He et al. 2015, arXiv:1502.01852). */
export function kaimingUniform(parameter: Parameter, options: KaimingOptions = {}): void {
  const bound = Math.sqrt(3) * kaimingStd(parameter, options);
  uniform(parameter, -bound, bound, options);
}

/** Normal with variance gain^2 / fan (He et al. 2015, arXiv:1502.01852). */
export function kaimingNormal(parameter: Parameter, options: KaimingOptions = {}): void {
  normal(parameter, 0, kaimingStd(parameter, options), options);
}

function kaimingStd(parameter: Parameter, options: KaimingOptions): number {
  const { mode = 'fan_in', nonlinearity = 'leaky_relu', a = 0 } = options;
  const { fanIn, fanOut } = fans(parameter.checkpointShape);
  return gain(nonlinearity, a) / Math.sqrt(mode === 'fan_in' ? fanIn : fanOut);
}

/**
 * A random matrix with orthonormal rows or columns, whichever are fewer, times `gain`; axes after the first count as
 * one (Saxe et al. 2013, arXiv:1312.6120).
 */
export function orthogonal(parameter: Parameter, options: InitOptions & { gain?: number } = {}): void {
  const { gain = 1, generator = defaultGenerator() } = options;
  const shape = parameter.checkpointShape;
  check(shape.length >= 2, () => `orthogonal needs at least two axes, got [${shape.join(', ')}]`);
  if (skipsDraws()) return;
  const rows = shape[0]!;
  const columns = parameter.variable.size / rows;
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const v = Float64Array.from({ length }, () => generator.normal());
    // Gram and Schmidt, twice for full precision
    for (let pass = 0; pass < 2; pass++) {
      for (const u of vectors) {
        const along = u.reduce((sum, value, i) => sum + value * v[i]!, 0);
        for (let i = 0; i < length; i++) v[i]! -= along * u[i]!;
      }
    }
    const norm = Math.sqrt(v.reduce((sum, value) => sum + value * value, 0));
    if (norm > 1e-6) vectors.push(v.map((value) => value / norm));
  }
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++)
      values[i * columns + j] = gain * (rows <= columns ? vectors[i]![j]! : vectors[j]![i]!);
  }
  assign(parameter, values);
}

/**
 * A convolution that passes its input through: 1 at the kernel's middle from channel i to channel i, in each group.
 *
 * @throws InvalidArgumentError for a weight that is not of a convolution, or outputs that do not divide into groups.
 */
export function dirac(parameter: Parameter, options: { groups?: number } = {}): void {
  const { groups = 1 } = options;
  const shape = parameter.checkpointShape;
  check(
    shape.length >= 3 && shape.length <= 5 && shape[0]! % groups === 0,
    () => `dirac takes a convolution's weight with outputs in ${groups} groups, got [${shape.join(', ')}]`,
  );
  const [outputs, inputs] = shape as [number, number];
  const kernel = shape.slice(2);
  const field = kernel.reduce((n, d) => n * d, 1);
  const middle = kernel.reduce((at, size) => at * size + Math.floor(size / 2), 0);
  const each = outputs / groups;
  const values = new Float32Array(parameter.variable.size);
  for (let group = 0; group < groups; group++) {
    for (let i = 0; i < Math.min(each, inputs); i++) {
      values[((group * each + i) * inputs + i) * field + middle] = 1;
    }
  }
  assign(parameter, values);
}

/** The identity matrix, cut or padded with zeros to the weight's shape. */
export function eye(parameter: Parameter): void {
  const [rows, columns] = matrixShape('eye', parameter);
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  assign(parameter, values);
}

/** Normal, with this share of each column (rounded up) set to 0 (Martens 2010). */
export function sparse(parameter: Parameter, sparsity: number, options: InitOptions & { std?: number } = {}): void {
  const { std = 0.01, generator = defaultGenerator() } = options;
  const [rows, columns] = matrixShape('sparse', parameter);
  const zeroed = Math.ceil(sparsity * rows);
  const values = Float32Array.from({ length: rows * columns }, () => generator.normal(0, std));
  for (let j = 0; j < columns; j++) {
    for (const i of generator.permutation(rows).subarray(0, zeroed)) values[i * columns + j] = 0;
  }
  assign(parameter, values);
}

function matrixShape(name: string, parameter: Parameter): [number, number] {
  const shape = parameter.checkpointShape;
  check(shape.length === 2, () => `${name} takes a matrix, got a weight of shape [${shape.join(', ')}]`);
  return shape as [number, number];
}
