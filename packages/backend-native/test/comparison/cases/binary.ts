import * as tf from '@tensorflow/tfjs-core';
import { close, exact, type Case, type Draw, type Family, type Shape, type Type } from '../case.js';

const arithmetic = [tf.Add, tf.Sub, tf.Multiply, tf.Maximum, tf.Minimum];
const comparisons = [tf.Equal, tf.NotEqual, tf.Greater, tf.GreaterEqual, tf.Less, tf.LessEqual];

/** Both operands: floats with odd ones among them, small whole numbers, or truth values. */
function operands(draw: Draw, dtype: Type, [a, b]: readonly [Shape, Shape]): Case['inputs'] {
  if (dtype === 'float32') return { a: draw.odd(a), b: draw.odd(b) };
  return { a: draw.given(a, dtype, [-9, 10]), b: draw.given(b, dtype, [-9, 10]) };
}

function* cases(draw: Draw): Iterable<Case> {
  for (let i = 0; i < 10; i++) {
    // one that is worth several threads, the rest with broadcasting
    const shapes = (): readonly [Shape, Shape] => (i === 0 ? [[70001], [70001]] : draw.broadcastShapes());
    for (const dtype of ['float32', 'int32'] as const) {
      for (const kernel of [...arithmetic, ...comparisons, tf.RealDiv]) {
        yield { kernel, inputs: operands(draw, dtype, shapes()), tolerance: exact };
      }
      for (const kernel of [tf.FloorDiv, tf.Mod, tf.SquaredDifference]) {
        yield { kernel, inputs: operands(draw, dtype, shapes()), tolerance: dtype === 'int32' ? exact : close };
      }
    }
    for (const kernel of [...arithmetic, ...comparisons, tf.LogicalAnd, tf.LogicalOr]) {
      yield { kernel, inputs: operands(draw, 'bool', shapes()), tolerance: exact };
    }
    yield {
      kernel: tf.LogicalXor,
      inputs: operands(draw, 'bool', shapes()),
      tolerance: exact,
      oracle: ({ a, b }) => tf.notEqual(a!, b!),
    };
    yield { kernel: tf.BitwiseAnd, inputs: operands(draw, 'int32', [[7], [7]]), tolerance: exact };
    yield { kernel: tf.Atan2, inputs: operands(draw, 'float32', shapes()), tolerance: close };
    const [a, b] = shapes();
    yield { kernel: tf.Pow, inputs: { a: draw.odd(a, [0, 4]), b: draw.odd(b) }, tolerance: close };
    yield { kernel: tf.Pow, inputs: { a: draw.odd(a), b: draw.given([], 'float32', [-2, 4]) }, tolerance: close };
    const powers = { a: draw.given(a, 'int32', [-4, 5]), b: draw.given(b, 'int32', [0, 7]) };
    yield { kernel: tf.Pow, inputs: powers, tolerance: exact };
    yield { kernel: tf.Prelu, inputs: { x: draw.odd(a), alpha: draw.given(b) }, tolerance: exact };
    const dtype = draw.pick(['float32', 'int32'] as const);
    const many = Array.from({ length: draw.integer(1, 6) }, (_, k): [string, Case['inputs'][string]] => [
      String(k),
      draw.given(a, dtype, [-9, 9]),
    ]);
    yield { kernel: tf.AddN, inputs: Object.fromEntries(many), tolerance: close };
    yield { kernel: tf.EluGrad, inputs: { dy: draw.given(a), y: draw.odd(a) }, tolerance: close };
  }
  // exponents with short ways of their own
  for (const exponent of [-1, 0, 0.5, 1, 2, 3]) {
    const b = { shape: [], dtype: 'float32', values: Float32Array.of(exponent) } as const;
    yield { kernel: tf.Pow, inputs: { a: draw.odd([3, 37]), b }, tolerance: close };
  }
}

export default cases satisfies Family;
