import * as tf from '@tensorflow/tfjs-core';
import { close, exact, type Case, type Draw, type Family, type Shape, type Type } from '../case.js';

const types: readonly Type[] = ['float32', 'int32', 'bool'];

/** Kernels of floats, whether they are defined to the last bit, and where they are of interest. */
const floats: readonly (readonly [
  kernel: string,
  exact: boolean,
  range?: readonly [number, number],
  attrs?: object,
])[] = [
  [tf.Relu, true],
  [tf.Relu6, true, [-10, 10]],
  [tf.LeakyRelu, false, [-4, 4], { alpha: 0.2 }],
  [tf.Elu, false],
  [tf.Selu, false],
  [tf.Step, true, [-4, 4], { alpha: 0.25 }],
  [tf.Exp, false, [-100, 88]],
  [tf.Expm1, false, [-20, 20]],
  [tf.Log, false, [0, 10]],
  [tf.Log1p, false, [-1, 10]],
  [tf.Sigmoid, false, [-20, 20]],
  [tf.Tanh, false],
  [tf.Softplus, false, [-30, 30]],
  [tf.Erf, false],
  [tf.Sinh, false],
  [tf.Cosh, false],
  [tf.Asinh, false],
  [tf.Acosh, false, [0.9, 10]],
  [tf.Atanh, false, [-1.1, 1.1]],
  [tf.Sin, false, [-50, 50]],
  [tf.Cos, false, [-50, 50]],
  [tf.Tan, false, [-1.5, 1.5]],
  [tf.Asin, false, [-1.1, 1.1]],
  [tf.Acos, false, [-1.1, 1.1]],
  [tf.Atan, false],
  [tf.Sqrt, true, [0, 10]],
  [tf.Rsqrt, false, [0, 10]],
  [tf.Reciprocal, true],
  [tf.Square, true],
  [tf.Abs, true],
  [tf.Neg, true],
  [tf.Sign, true],
  [tf.Floor, true],
  [tf.Ceil, true],
  [tf.Round, true],
  [tf.ClipByValue, true, [-4, 4], { clipValueMin: -1.25, clipValueMax: 2 }],
  [tf.IsNan, true],
  [tf.IsInf, true],
  [tf.IsFinite, true],
];

const integers: readonly (readonly [kernel: string, attrs?: object])[] = [
  [tf.Square],
  [tf.Abs],
  [tf.Neg],
  [tf.Sign],
  [tf.Relu],
  [tf.Relu6],
  [tf.ClipByValue, { clipValueMin: -3, clipValueMax: 5 }],
];

function* cases(draw: Draw): Iterable<Case> {
  for (let i = 0; i < 6; i++) {
    const shape = (): Shape => (i === 0 ? [70001] : draw.shape());
    for (const [kernel, isExact, range, attrs] of floats) {
      const inputs = { x: draw.odd(shape(), range) };
      yield { kernel, inputs, ...(attrs && { attrs }), tolerance: isExact ? exact : close };
    }
    for (const [kernel, attrs] of integers) {
      yield {
        kernel,
        inputs: { x: draw.given(shape(), 'int32', [-9, 10]) },
        ...(attrs && { attrs }),
        tolerance: exact,
      };
    }
    for (const from of types) {
      for (const dtype of types) {
        const at = shape();
        const x = from === 'float32' ? draw.odd(at, [-3e9, 3e9]) : draw.given(at, from, [-300, 300]);
        yield { kernel: tf.Cast, inputs: { x }, attrs: { dtype }, tolerance: exact };
      }
    }
    yield { kernel: tf.LogicalNot, inputs: { x: draw.given(shape(), 'bool') }, tolerance: exact };
    const at = shape();
    const [t, e] = [draw.pick(types), draw.pick(types)];
    const inputs = { condition: draw.given(at, 'bool'), t: draw.given(at, t, [-9, 9]), e: draw.given(at, e, [-9, 9]) };
    yield { kernel: tf.Select, inputs, tolerance: exact };
  }
  // a condition for each row, which TFJS's mixes up
  for (const inner of [[3], [5, 7], [1], [0]]) {
    const inputs = {
      condition: draw.given([6], 'bool'),
      t: draw.given([6, ...inner]),
      e: draw.given([6, ...inner]),
    };
    yield {
      kernel: tf.Select,
      inputs,
      tolerance: exact,
      oracle: ({ condition, t, e }) =>
        tf.where(tf.broadcastTo(tf.reshape(condition!, [6, ...inner.map(() => 1)]), t!.shape), t!, e!),
    };
  }
}

export default cases satisfies Family;
