import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { vectorNorm, weightNorm as normed } from '../../functional/normalization/index.js';
import { scope } from '../../memory.js';
import { memoryShape } from '../../module/layout.js';
import { layouts, Parameter, StateBuffer, Module } from '../../module/index.js';
import { defaultGenerator, normalTensor, type Generator } from '../../random/index.js';
import { DerivedWeight, parametrize, takeWeight, type Weighted } from './parametrize.js';

export interface WeightNormOptions {
  /** Which parameter. Default 'weight'. */
  readonly name?: string;
  /** The checkpoint's axis that keeps its own magnitude, 0 by default (output channels); null for one magnitude in all. */
  readonly dim?: number | null;
  /** Name the parts weight_g and weight_v, as checkpoints of torch before 2.0 do. Default false. */
  readonly legacy?: boolean;
}

/**
 * Splits a layer's weight into magnitude and direction (Salimans and Kingma 2016, arXiv:1602.07868), as
 * torch.nn.utils.parametrizations.weight_norm: `parametrizations.weight.original0` and `original1`.
 *
 * @returns the same module.
 * @throws InvalidArgumentError when the module has no such parameter or the parameter no such axis.
 */
export function weightNorm<M extends Weighted>(module: M, options: WeightNormOptions = {}): M {
  const { name = 'weight', dim = 0, legacy = false } = options;
  const weight = takeWeight(module, name);
  const { layout } = weight;
  const stored = weight.checkpointShape;
  const at = dim === null || dim >= 0 ? dim : dim + stored.length;
  check(
    at === null || (Number.isInteger(at) && at >= 0 && at < stored.length),
    () => `weightNorm: axis ${dim} does not exist in a weight of shape [${stored.join(', ')}]`,
  );
  const axis = at === null ? null : layout.axes === null ? at : layout.axes.indexOf(at);
  const shape = [...weight.shape];
  const others = shape.map((_, i) => i).filter((i) => i !== axis);
  // the magnitude lies like the weight, so that the same layout converts it
  const magnitude = scope(() => {
    const norm = vectorNorm(weight.value, { dims: others, keepDim: true });
    return axis === null ? tf.reshape(norm, []) : norm;
  });
  const g = new Parameter(magnitude, axis === null ? layouts.plain : layout);
  const v = new Parameter(tf.clone(weight.value), layout);
  weight.dispose();
  const derived = new DerivedWeight(() => normed(v.value, g.value, axis), shape, layout);
  parametrize(module, name, derived, legacy ? { g, v } : { original0: g, original1: v }, legacy);
  return module;
}

/** Keeps the estimates of the leading singular vectors: `parametrizations.weight.0._u` and `_v`. */
class PowerIteration extends Module {
  constructor(
    readonly _u: StateBuffer,
    readonly _v: StateBuffer,
  ) {
    super();
  }
}

export interface SpectralNormOptions {
  /** Which parameter. Default 'weight'. */
  readonly name?: string;
  /** The checkpoint's axis that becomes the matrix's rows. Default 0; torch takes 1 for transposed convolutions. */
  readonly dim?: number;
  /** Power iterations at each use in training. Default 1. */
  readonly iterations?: number;
  readonly eps?: number;
  readonly generator?: Generator;
}

/**
 * Divides a layer's weight by its largest singular value, estimated by power iteration (Miyato et al. 2018,
 * arXiv:1802.05957), as torch.nn.utils.parametrizations.spectral_norm: `parametrizations.weight.original`, and the
 * buffers `parametrizations.weight.0._u` and `_v`.
 *
 * @returns the same module.
 * @throws InvalidArgumentError when the module has no such parameter, or the parameter fewer than two axes.
 */
export function spectralNorm<M extends Weighted>(module: M, options: SpectralNormOptions = {}): M {
  const { name = 'weight', dim = 0, iterations = 1, eps = 1e-12, generator = defaultGenerator() } = options;
  const weight = takeWeight(module, name);
  const { layout } = weight;
  const stored = weight.checkpointShape;
  check(
    stored.length > 1 && dim >= 0 && dim < stored.length,
    () => `spectralNorm: axis ${dim} of a weight of shape [${stored.join(', ')}]`,
  );
  // memory axes in the checkpoint's order, with `dim` first
  const memoryAxis = (axis: number): number => (layout.axes === null ? axis : layout.axes.indexOf(axis));
  const order = [dim, ...stored.map((_, axis) => axis).filter((axis) => axis !== dim)].map(memoryAxis);
  const rows = stored[dim]!;
  const matrix = (w: tf.Tensor): tf.Tensor => tf.reshape(tf.transpose(w, order), [rows, w.size / rows]);
  const unit = (x: tf.Tensor): tf.Tensor => tf.div(x, tf.maximum(vectorNorm(x), eps));

  const original = new Parameter(tf.clone(weight.value), layout);
  const shape = memoryShape(layout, stored);
  weight.dispose();
  const buffer = (size: number): StateBuffer =>
    new StateBuffer(scope(() => unit(normalTensor([size], 0, 1, generator))));
  const vectors = new PowerIteration(buffer(rows), buffer(original.variable.size / rows));
  const iterate = (count: number): void =>
    tf.tidy(() => {
      const w = matrix(original.value);
      for (let i = 0; i < count; i++) {
        vectors._u.assign(unit(tf.reshape(tf.matMul(w, tf.reshape(vectors._v.value, [-1, 1])), [-1])));
        vectors._v.assign(unit(tf.reshape(tf.matMul(tf.reshape(vectors._u.value, [1, -1]), w), [-1])));
      }
    });
  iterate(15);

  const derived = new DerivedWeight(
    () =>
      scope(() => {
        if (module.training) iterate(iterations);
        const projected = tf.matMul(tf.reshape(vectors._u.value, [1, -1]), matrix(original.value));
        const sigma = tf.sum(tf.mul(projected, vectors._v.value));
        return tf.div(original.value, sigma);
      }),
    shape,
    layout,
  );
  parametrize(module, name, derived, { original, 0: vectors }, false);
  return module;
}
