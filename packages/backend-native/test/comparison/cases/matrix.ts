import * as tf from '@tensorflow/tfjs-core';
import { exact, sumOf, type Case, type Draw, type Family } from '../case.js';

function* cases(draw: Draw): Iterable<Case> {
  for (let i = 0; i < 60; i++) {
    const [m, k, n] = i === 0 ? [130, 70, 140] : [draw.integer(1, 40), draw.integer(0, 40), draw.integer(1, 40)];
    const batch = draw.shape(draw.integer(0, 3), 6);
    const [transposeA, transposeB] = [draw.chance(0.5), draw.chance(0.5)];
    // kernels get at least one batch axis, as from tf.matMul
    const outer = batch.length === 0 ? [1] : batch;
    const left = draw.chance(0.3) ? outer.map(() => 1) : outer;
    const a = [...left, ...(transposeA ? [k!, m!] : [m!, k!])];
    const b = [...outer, ...(transposeB ? [n!, k!] : [k!, n!])];
    const inputs = { a: draw.given(a), b: draw.given(b) };
    const attrs = { transposeA, transposeB };
    yield { kernel: tf.BatchMatMul, inputs, attrs, tolerance: sumOf(k!, 16) };
    if (k === 0) continue;
    const whole = { a: draw.given(a, 'int32', [-9, 9]), b: draw.given(b, 'int32', [-9, 9]) };
    yield {
      kernel: tf.BatchMatMul,
      inputs: whole,
      attrs,
      tolerance: exact,
      // TFJS's cpu backend gives whole numbers as floats
      oracle: ({ a, b }) => tf.cast(tf.matMul(a!, b!, transposeA, transposeB), 'int32'),
    };
    const activation = draw.pick(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu']);
    yield {
      kernel: tf._FusedMatMul,
      inputs: {
        ...inputs,
        bias: draw.given([n!]),
        ...(activation === 'prelu' && { preluActivationWeights: draw.given([n!]) }),
      },
      attrs: { ...attrs, activation, leakyreluAlpha: 0.2 },
      tolerance: sumOf(k!, 16),
    };
  }
}

export default cases satisfies Family;
