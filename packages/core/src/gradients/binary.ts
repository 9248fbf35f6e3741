import * as tf from '@tensorflow/tfjs-core';
import { byParts, carryComplex, openComplex } from '../completion/host/complex-gradient.js';
import { float, reduceTo } from './broadcast.js';
import { gradient, shapeOf, type InputGradients } from './define.js';

type Pair = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** A kernel of two broadcast inputs; each derivative comes in the broadcast shape and is summed to the input's. */
function fromInputs(kernelName: string, ofA: Pair, ofB: Pair): tf.GradConfig {
  return gradient(kernelName, { values: ['a', 'b'] }, (dy, [a, b]) => ({
    a: () => reduceTo(ofA(dy, float(a!), float(b!)), a!.shape),
    b: () => reduceTo(ofB(dy, float(a!), float(b!)), b!.shape),
  }));
}

/** A kernel of two inputs that is constant almost everywhere. */
function flat(kernelName: string): tf.GradConfig {
  return gradient(kernelName, { shapes: ['a', 'b'] }, (_, [a, b]) => ({
    a: () => tf.zeros(shapeOf(a!)),
    b: () => tf.zeros(shapeOf(b!)),
  }));
}

/** dy times the conjugate of the other factor. */
function times(dy: tf.Tensor, factor: tf.Tensor): tf.Tensor {
  if (factor.dtype !== 'complex64') return tf.mul(dy, float(factor));
  const conjugate = tf.complex(tf.real(factor), tf.neg(tf.imag(factor)));
  return carryComplex(tf.mul(openComplex(dy), conjugate));
}

/** Share of the gradient that goes to the winner `a` of a maximum or minimum: half each at a tie, as PyTorch does. */
function wins(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.mul(0.5, tf.add(tf.sign(tf.sub(a, b)), 1));
}

/** Elementwise functions of two tensors, with broadcasting. */
export const binaryGradients: readonly tf.GradConfig[] = [
  gradient(tf.Add, { shapes: ['a', 'b'] }, (dy, [a, b]) => ({
    a: () => reduceTo(dy, shapeOf(a!)),
    b: () => reduceTo(dy, shapeOf(b!)),
  })),
  gradient(tf.Sub, { shapes: ['a', 'b'] }, (dy, [a, b]) => ({
    a: () => reduceTo(dy, shapeOf(a!)),
    b: () => byParts(dy, (part) => tf.neg(reduceTo(part, shapeOf(b!)))),
  })),
  gradient(tf.Multiply, { values: ['a', 'b'] }, (dy, [a, b]) => ({
    a: () => reduceTo(times(dy, b!), a!.shape),
    b: () => reduceTo(times(dy, a!), b!.shape),
  })),
  gradient(tf.RealDiv, { values: ['a', 'b'] }, (dy, [a, b]) => ({
    a: () => reduceTo(tf.div(dy, float(b!)), a!.shape),
    b: () => tf.neg(tf.div(reduceTo(tf.mul(dy, float(a!)), b!.shape), tf.square(float(b!)))),
  })),
  fromInputs(
    tf.Maximum,
    (dy, a, b) => tf.mul(dy, wins(a, b)),
    (dy, a, b) => tf.mul(dy, wins(b, a)),
  ),
  fromInputs(
    tf.Minimum,
    (dy, a, b) => tf.mul(dy, wins(b, a)),
    (dy, a, b) => tf.mul(dy, wins(a, b)),
  ),
  fromInputs(
    tf.SquaredDifference,
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(a, b))),
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(b, a))),
  ),
  // 0 at the origin, where the angle is undefined
  fromInputs(
    tf.Atan2,
    (dy, a, b) => tf.mul(dy, tf.divNoNan(b, tf.add(tf.square(a), tf.square(b)))),
    (dy, a, b) => tf.neg(tf.mul(dy, tf.divNoNan(a, tf.add(tf.square(a), tf.square(b))))),
  ),
  gradient(tf.Mod, { values: ['a', 'b'] }, (dy, [a, b]) => ({
    a: () => reduceTo(dy, a!.shape),
    b: () => reduceTo(tf.neg(tf.mul(dy, tf.floor(tf.div(float(a!), float(b!))))), b!.shape),
  })),
  gradient(tf.Pow, { values: ['a', 'b'], output: true, recompute: ['a', 'b'] }, (dy, [a, b, y]) => ({
    a: () => {
      const [base, exponent] = [float(a!), float(b!)];
      const slope = tf.mul(exponent, tf.pow(base, tf.sub(exponent, 1)));
      // x^0 is constant: without this its slope at 0 would be 0 * 0^-1 = NaN
      const constant = tf.equal(exponent, 0);
      return reduceTo(
        tf.mul(dy, tf.where(tf.broadcastTo(constant, slope.shape), tf.zerosLike(slope), slope)),
        base.shape,
      );
    },
    b: () => {
      const base = float(a!);
      // d/db 0^b is 0 for b > 0; log of a safe base, so that no infinity meets the 0
      const positive = tf.greater(base, 0);
      const log = tf.mul(tf.log(tf.where(positive, base, tf.onesLike(base))), tf.cast(positive, 'float32'));
      return reduceTo(tf.mul(dy, tf.mul(y!, log)), b!.shape);
    },
  })),
  ...[
    tf.FloorDiv,
    tf.Equal,
    tf.NotEqual,
    tf.Greater,
    tf.GreaterEqual,
    tf.Less,
    tf.LessEqual,
    tf.LogicalAnd,
    tf.LogicalOr,
  ].map(flat),
  gradient(tf.AddN, { shapes: 'all' }, (dy, saved) =>
    Object.fromEntries(saved.map((_, i): [string, () => tf.Tensor] => [i.toString(), () => tf.clone(dy)])),
  ),
  gradient(tf.Select, { values: ['condition'] }, (dy, [condition]): InputGradients => {
    const chosen = (): tf.Tensor => tf.cast(condition!, 'float32');
    return {
      condition: () => tf.zeros(condition!.shape),
      t: () => tf.mul(dy, chosen()),
      e: () => tf.mul(dy, tf.sub(1, chosen())),
    };
  }),
];
