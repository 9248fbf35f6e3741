import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '../../errors.js';
import { scope } from '../../memory.js';
import { checkComplex, conjugate } from './complex.js';
import { dft, realDft, realInverseDft } from '../../kernels/fourier/gradient.js';

/** What divides: the inverse by n ('backward', default), the forward by n ('forward'), or both by √n ('ortho'). */
export type FftNorm = 'backward' | 'forward' | 'ortho';

export interface FftOptions {
  /** Length of the signal; it is cut or padded with zeros at its end. Default: as it is. */
  readonly n?: number;
  /** Axis of the signal, not counting (re, im). Default -1. */
  readonly axis?: number;
  readonly norm?: FftNorm;
}

/** Fourier transform of complex x [..., 2], of any length; torch's `fft`. Differentiable, like all of these. */
export function fft(x: tf.Tensor, options: FftOptions = {}): tf.Tensor {
  return complexTransform('fft', x, options, -1);
}

/** Inverse of {@link fft}. */
export function ifft(x: tf.Tensor, options: FftOptions = {}): tf.Tensor {
  return complexTransform('ifft', x, options, 1);
}

/** Fourier transform of real x: terms 0 … n / 2 along its axis, [..., 2]; torch's `rfft`. */
export function rfft(x: tf.Tensor, options: FftOptions = {}): tf.Tensor {
  const axis = axisOf('rfft', x.rank, options.axis);
  const n = lengthOf('rfft', options.n, x.shape[axis]!);
  return scope(() => {
    const rows = toRows(fit(x, axis, n), axis);
    return fromRows(realDft(floats(rows.x), { doubled: false, factor: scale(n, options.norm, -1) }), rows.shape, axis);
  });
}

/**
 * Real signal of `n` values from terms 0 … n / 2, complex x [..., 2]; torch's `irfft`. n is 2 (terms - 1) by default.
 * The imaginary parts of the first and (for even n) the last term do not count.
 */
export function irfft(x: tf.Tensor, options: FftOptions = {}): tf.Tensor {
  checkComplex('irfft', x, 1);
  const axis = axisOf('irfft', x.rank - 1, options.axis);
  const n = lengthOf('irfft', options.n, 2 * (x.shape[axis]! - 1));
  return scope(() => {
    const rows = toRows(fit(x, axis, Math.floor(n / 2) + 1), axis, [2]);
    return fromRows(
      realInverseDft(floats(rows.x), { n, doubled: true, factor: scale(n, options.norm, 1) }),
      rows.shape,
      axis,
    );
  });
}

/** Real spectrum of a signal given by its first half, complex x [..., 2], the rest being its mirror image conjugated; torch's `hfft`. */
export function hfft(x: tf.Tensor, options: FftOptions = {}): tf.Tensor {
  return scope(() => irfft(conjugate(x), { ...options, norm: swapped(options.norm) }));
}

/** Inverse of {@link hfft}: real x to complex [..., 2]; torch's `ihfft`. */
export function ihfft(x: tf.Tensor, options: FftOptions = {}): tf.Tensor {
  return scope(() => conjugate(rfft(x, { ...options, norm: swapped(options.norm) })));
}

export interface Fft2Options {
  /** Lengths along the axes. */
  readonly size?: readonly [number, number];
  /** Not counting (re, im). Default [-2, -1]. */
  readonly axes?: readonly [number, number];
  readonly norm?: FftNorm;
}

/** {@link fft} along two axes of complex x. */
export function fft2(x: tf.Tensor, options: Fft2Options = {}): tf.Tensor {
  const [first, second] = each(options);
  return scope(() => fft(fft(x, second), first));
}

/** Inverse of {@link fft2}. */
export function ifft2(x: tf.Tensor, options: Fft2Options = {}): tf.Tensor {
  const [first, second] = each(options);
  return scope(() => ifft(ifft(x, second), first));
}

/** {@link rfft} along the last of two axes of real x, {@link fft} along the other. */
export function rfft2(x: tf.Tensor, options: Fft2Options = {}): tf.Tensor {
  const [first, second] = each(options);
  return scope(() => fft(rfft(x, second), first));
}

/** Inverse of {@link rfft2}; real. */
export function irfft2(x: tf.Tensor, options: Fft2Options = {}): tf.Tensor {
  const [first, second] = each(options);
  return scope(() => irfft(ifft(x, first), second));
}

function each({ size, axes = [-2, -1], norm = 'backward' }: Fft2Options): [FftOptions, FftOptions] {
  const along = (i: 0 | 1): FftOptions => ({ axis: axes[i], norm, ...(size === undefined ? {} : { n: size[i] }) });
  return [along(0), along(1)];
}

function complexTransform(name: string, x: tf.Tensor, options: FftOptions, sign: -1 | 1): tf.Tensor {
  checkComplex(name, x, 1);
  const axis = axisOf(name, x.rank - 1, options.axis);
  const n = lengthOf(name, options.n, x.shape[axis]!);
  return scope(() => {
    const rows = toRows(fit(x, axis, n), axis, [2]);
    return fromRows(dft(floats(rows.x), { sign, factor: scale(n, options.norm, sign) }), rows.shape, axis);
  });
}

const floats = (x: tf.Tensor): tf.Tensor => (x.dtype === 'float32' ? x : tf.cast(x, 'float32'));

function scale(n: number, norm: FftNorm = 'backward', sign: -1 | 1): number {
  if (norm === 'ortho') return 1 / Math.sqrt(n);
  check(norm === 'backward' || norm === 'forward', `unknown norm '${norm}'; there are backward, forward, ortho`);
  return (norm === 'backward') === (sign === 1) ? 1 / n : 1;
}

function swapped(norm: FftNorm = 'backward'): FftNorm {
  return norm === 'backward' ? 'forward' : norm === 'forward' ? 'backward' : norm;
}

function axisOf(name: string, rank: number, axis = -1): number {
  const at = axis < 0 ? axis + rank : axis;
  check(at >= 0 && at < rank, `${name}: there is no axis ${axis} among ${rank}`);
  return at;
}

function lengthOf(name: string, n: number | undefined, otherwise: number): number {
  const length = n ?? otherwise;
  checkCount(`${name}: the length`, length);
  return length;
}

/** Cuts or zero-pads an axis at its end. */
function fit(x: tf.Tensor, axis: number, n: number): tf.Tensor {
  const size = x.shape[axis]!;
  if (size === n) return x;
  const begin = x.shape.map(() => 0);
  const shape = x.shape.map((d, i) => (i === axis ? Math.min(n, d) : d));
  const cut = tf.slice(x, begin, shape);
  return n < size
    ? cut
    : tf.pad(
        cut,
        shape.map((_, i): [number, number] => [0, i === axis ? n - size : 0]),
      );
}

/** Moves the signal's axis behind the others (but before `inner`), and folds those: [rows, n, …inner]. */
function toRows(x: tf.Tensor, axis: number, inner: number[] = []): { x: tf.Tensor; shape: number[] } {
  const outer = x.shape.length - inner.length;
  const shape = x.shape.slice(0, outer);
  const n = shape.splice(axis, 1)[0]!;
  const order = [...x.shape.keys()];
  order.splice(outer - 1, 0, order.splice(axis, 1)[0]!);
  const moved = axis === outer - 1 ? x : tf.transpose(x, order);
  return { x: tf.reshape(moved, [-1, n, ...inner]), shape };
}

/** Undoes {@link toRows} for a result [rows, m, …inner]; `shape` is that of the other axes. */
function fromRows(x: tf.Tensor, shape: readonly number[], axis: number): tf.Tensor {
  const whole = tf.reshape(x, [...shape, ...x.shape.slice(1)]);
  if (axis === shape.length) return whole;
  const order = [...whole.shape.keys()];
  order.splice(axis, 0, order.splice(shape.length, 1)[0]!);
  return tf.transpose(whole, order);
}
