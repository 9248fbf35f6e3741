import { Parameter, scope, type Generator, type Module, type UnaryModule } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import {
  SEANetResidualUnit,
  StreamableConv1d,
  StreamableConvTranspose1d,
  type SEANetDecoder,
  type SEANetEncoder,
} from '../../layers/index.js';

/**
 * Lets an encoder begin as an orthogonal transform of blocks of sound and its decoder as the transpose, as far as ELU is linear for
 * quiet sound: each stage keeps the blocks' coordinates in a random orthonormal basis of its channels, and residual units begin as the
 * identity. Signals and gradients then pass all layers at their own size (Saxe et al. 2013, arXiv:1312.6120), so that learning waveforms
 * starts at once; from torch's weights a codec gives silence for hundreds of steps.
 *
 * For convolutions without weight norm. Taps that the transform does not need get small random weights.
 */
export function startOrthogonal(encoder: SEANetEncoder, decoder: SEANetDecoder, generator: Generator): void {
  const forward = convolutions(encoder);
  const back = convolutions(decoder).toReversed();
  for (const network of [encoder, decoder]) quieten(network);
  let basis: Matrix = identity(forward[0]!.conv.inChannels);
  forward.forEach((layer, i) => {
    const { outChannels } = layer.conv;
    const stride = layer instanceof StreamableConv1d ? layer.stride : 1;
    const size = basis.columns * stride;
    // rows are orthonormal where there are fewer channels than coordinates: a random part of the block is kept
    const next = orthonormal(outChannels, size, generator);
    // taps × in × out: the coordinates of the steps of a stride side by side, then in the new basis
    const taps = Array.from({ length: stride }, (_, s) =>
      product(basis, transposed(columnsOf(next, s * basis.columns, basis.columns))),
    );
    setTaps(layer, taps, false, generator);
    setTaps(back[i]!, taps, true, generator);
    basis = outChannels >= size ? next : identity(outChannels);
  });
}

type Layer = StreamableConv1d | StreamableConvTranspose1d;

function convolutions(network: { readonly layers: Iterable<UnaryModule> }): Layer[] {
  return [...network.layers].filter(
    (layer): layer is Layer => layer instanceof StreamableConv1d || layer instanceof StreamableConvTranspose1d,
  );
}

/** The last convolution of every residual unit gives nothing at first, and no convolution has an offset. */
function quieten(network: Module): void {
  for (const [, module] of network.namedModules()) {
    if (module instanceof SEANetResidualUnit) zero(([...module.block].at(-1) as StreamableConv1d).conv.parameters());
    if (module instanceof StreamableConv1d || module instanceof StreamableConvTranspose1d) zero([module.conv.bias]);
  }
}

function zero(parameters: ReadonlyArray<Parameter | null>): void {
  for (const parameter of parameters) scope(() => parameter?.assign(tf.zerosLike(parameter.value)));
}

/**
 * Puts matrices [near sound, near frames] into the taps of a layer that hear the present stride: the last of a convolution, the first of a
 * transposed one. A decoder's convolution gets them the other way round.
 */
function setTaps(layer: Layer, taps: readonly Matrix[], isDecoder: boolean, generator: Generator): void {
  const { weight } = layer.conv;
  if (!(weight instanceof Parameter)) return;
  const [kernel, rows, columns] = weight.shape as [number, number, number];
  const noise = 0.02 / Math.sqrt(kernel * Math.max(rows, columns));
  const values = Float32Array.from({ length: weight.variable.size }, () => generator.normal(0, noise));
  const first = layer instanceof StreamableConvTranspose1d ? 0 : kernel - taps.length;
  // a transposed convolution has [tap, out, in], which in a decoder is near sound first
  const isTurned = isDecoder && layer instanceof StreamableConv1d;
  taps.forEach((tap, s) => {
    const { values: matrix } = isTurned ? transposed(tap) : tap;
    matrix.forEach((value, i) => (values[(first + s) * rows * columns + i] = value));
  });
  scope(() => weight.assign(tf.tensor(values, weight.shape)));
}

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** By rows. */
  readonly values: Float64Array;
}

function identity(size: number): Matrix {
  const values = new Float64Array(size * size);
  for (let i = 0; i < size; i++) values[i * size + i] = 1;
  return { rows: size, columns: size, values };
}

function transposed({ rows, columns, values }: Matrix): Matrix {
  const turned = new Float64Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = values[i * columns + j]!;
  return { rows: columns, columns: rows, values: turned };
}

function columnsOf({ rows, columns, values }: Matrix, from: number, count: number): Matrix {
  const part = new Float64Array(rows * count);
  for (let i = 0; i < rows; i++) part.set(values.subarray(i * columns + from, i * columns + from + count), i * count);
  return { rows, columns: count, values: part };
}

function product(a: Matrix, b: Matrix): Matrix {
  const values = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.columns; k++) {
      const factor = a.values[i * a.columns + k]!;
      for (let j = 0; j < b.columns; j++) values[i * b.columns + j]! += factor * b.values[k * b.columns + j]!;
    }
  }
  return { rows: a.rows, columns: b.columns, values };
}

/** A random matrix with orthonormal columns, or rows where there are more columns. */
function orthonormal(rows: number, columns: number, generator: Generator): Matrix {
  if (columns > rows) return transposed(orthonormal(columns, rows, generator));
  // Gram and Schmidt, on the columns as rows
  const vectors = Array.from({ length: columns }, () => Float64Array.from({ length: rows }, () => generator.normal()));
  vectors.forEach((vector, i) => {
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = vectors[j]!;
        let along = 0;
        for (let k = 0; k < rows; k++) along += vector[k]! * other[k]!;
        for (let k = 0; k < rows; k++) vector[k]! -= along * other[k]!;
      }
    }
    const norm = Math.hypot(...vector);
    for (let k = 0; k < rows; k++) vector[k]! /= norm;
  });
  const values = new Float64Array(rows * columns);
  vectors.forEach((vector, j) => vector.forEach((value, i) => (values[i * columns + j] = value)));
  return { rows, columns, values };
}
