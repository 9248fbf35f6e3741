import * as tf from '@tensorflow/tfjs-core';
import { close, exact, sizeOf, sumOf, type Case, type Draw, type Family, type Shape } from '../case.js';

function axesOf(draw: Draw, shape: Shape): number[] {
  return shape.map((_, axis) => axis).filter(() => draw.chance(0.5));
}

function* cases(draw: Draw): Iterable<Case> {
  const shapes: (readonly [Shape, number[]])[] = [
    // several threads: one long row, long rows, long columns, narrow columns, many columns
    [[150001], [0]],
    [[3, 70001], [1]],
    [[5000, 17], [0]],
    [[40000, 3], [0]],
    [[40, 2500], [0]],
    [[2, 300, 70], [1]],
  ];
  for (let i = 0; i < 24; i++) {
    const shape = draw.shape();
    shapes.push([shape, axesOf(draw, shape)]);
  }
  for (const [shape, axis] of shapes) {
    const n = sizeOf(axis.map((at) => shape[at]!));
    const attrs = { axis, keepDims: draw.chance(0.5) };
    const x = draw.given(shape);
    const odd = draw.odd(shape);
    const int = draw.given(shape, 'int32', [-99, 99]);
    const bool = draw.given(shape, 'bool');
    const tolerance = sumOf(n, 4);
    for (const given of [x, int, bool]) {
      yield { kernel: tf.Sum, inputs: { x: given }, attrs, tolerance };
      // TFJS's mean of nothing is 0
      if (n > 0) yield { kernel: tf.Mean, inputs: { x: given }, attrs, tolerance: sumOf(1, 100) };
    }
    for (const given of [odd, int, bool]) {
      yield { kernel: tf.Max, inputs: { x: given }, attrs: { ...attrs, reductionIndices: axis }, tolerance: exact };
      yield { kernel: tf.Min, inputs: { x: given }, attrs, tolerance: exact };
    }
    yield { kernel: tf.Prod, inputs: { x: draw.given(shape, 'float32', [0.9, 1.1]) }, attrs, tolerance: close };
    yield { kernel: tf.Prod, inputs: { x: draw.given(shape, 'int32', [1, 2]) }, attrs, tolerance: exact };
    yield { kernel: tf.Prod, inputs: { x: bool }, attrs, tolerance: exact };
    yield { kernel: tf.All, inputs: { x: bool }, attrs, tolerance: exact };
    yield { kernel: tf.Any, inputs: { x: bool }, attrs, tolerance: exact };
    if (shape.length === 0) continue;
    const at = { axis: draw.integer(-shape.length, shape.length) };
    for (const kernel of [tf.ArgMax, tf.ArgMin]) {
      for (const given of [odd, int, bool]) yield { kernel, inputs: { x: given }, attrs: at, tolerance: exact };
    }
    const running = { ...at, exclusive: draw.chance(0.5), reverse: draw.chance(0.5) };
    for (const given of [x, int, bool]) yield { kernel: tf.Cumsum, inputs: { x: given }, attrs: running, tolerance };
    const factors = draw.given(shape, 'float32', [0.9, 1.1]);
    yield { kernel: tf.Cumprod, inputs: { x: factors }, attrs: running, tolerance: close };
    yield { kernel: tf.Cumprod, inputs: { x: draw.given(shape, 'int32', [1, 2]) }, attrs: running, tolerance: exact };
  }
}

export default cases satisfies Family;
