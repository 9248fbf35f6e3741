import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, InvalidArgumentError, normalTensor, uniformTensor, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { selectiveScan, selectiveScanWithState } = functional;

/** The recurrence as it stands in the paper, number by number in double precision; B and C are [b, l, g, n]. */
function stepByStep(
  tensors: Record<'u' | 'delta' | 'A' | 'B' | 'C' | 'D' | 'z' | 'bias' | 'h0', tf.Tensor>,
): Float64Array {
  const [batch, length, channels] = tensors.u.shape as [number, number, number];
  const [groups, states] = tensors.B.shape.slice(2) as [number, number];
  const { u, delta, A, B, C, D, z, bias, h0 } = Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, tensor.dataSync()]),
  ) as Record<keyof typeof tensors, Float32Array>;
  const y = new Float64Array(batch * length * channels);
  for (let b = 0; b < batch; b++) {
    for (let d = 0; d < channels; d++) {
      const h = Array.from({ length: states }, (_, n) => h0[(b * channels + d) * states + n]!);
      for (let t = 0; t < length; t++) {
        const at = (b * length + t) * channels + d;
        const row = ((b * length + t) * groups + Math.floor((d * groups) / channels)) * states;
        const step = Math.log1p(Math.exp(delta[at]! + bias[d]!));
        let read = D[d]! * u[at]!;
        for (let n = 0; n < states; n++) {
          h[n] = Math.exp(step * A[d * states + n]!) * h[n]! + step * B[row + n]! * u[at]!;
          read += C[row + n]! * h[n]!;
        }
        y[at] = (read * z[at]!) / (1 + Math.exp(-z[at]!));
      }
    }
  }
  return y;
}

describe.each(testBackends('native', 'wasm', 'cpu'))('selective scans on %s', (backend) => {
  const generator = new Generator(21);
  const random = (...shape: number[]): tf.Tensor => normalTensor(shape, 0, 1, generator);
  const negative = (...shape: number[]): tf.Tensor => uniformTensor(shape, -2, -0.1, generator);

  beforeAll(async () => {
    await useBackend(backend);
    tf.engine().startScope();
  });
  afterAll(() => tf.engine().endScope());

  it.each([
    [1, 1, 1, 1, 1],
    [2, 7, 6, 3, 2],
    [1, 65, 20, 16, 1],
    [2, 300, 3, 2, 3],
  ])('are the recurrence: %i sequences of %i steps, %i channels of %i states, %i groups', (b, l, d, n, g) => {
    const given = {
      u: random(b, l, d),
      delta: random(b, l, d),
      A: negative(d, n),
      B: random(b, l, g, n),
      C: random(b, l, g, n),
      D: random(d),
      z: random(b, l, d),
      bias: random(d),
      h0: random(b, d, n),
    };
    const { u, delta, A, B, C, D, z, bias: deltaBias, h0: initialState } = given;
    const y = selectiveScan(u, delta, A, B, C, { D, z, deltaBias, initialState, deltaSoftplus: true });
    expectValues(y, stepByStep(given), { rtol: 1e-4, atol: 1e-4 });
    if (g === 1) {
      const [rowsB, rowsC] = [tf.squeeze(B, [2]), tf.squeeze(C, [2])];
      const same = selectiveScan(u, delta, A, rowsB, rowsC, { D, z, deltaBias, initialState, deltaSoftplus: true });
      expectClose(same, y);
    }
  });

  const inputs = (
    b: number,
    l: number,
    d: number,
    n: number,
  ): [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor] => [
    random(b, l, d),
    uniformTensor([b, l, d], 0.01, 1, generator),
    negative(d, n),
    random(b, l, n),
    random(b, l, n),
  ];

  it('are causal', () => {
    const [u, delta, A, B, C] = inputs(1, 70, 5, 3);
    const early = tf.tidy(() => tf.slice(selectiveScan(u, delta, A, B, C), [0, 0, 0], [1, 45, 5]));
    const changed = [u, delta, B, C].map((x) => {
      const rest = x.shape[2]!;
      return tf.concat([tf.slice(x, [0, 0, 0], [1, 45, rest]), tf.fill([1, 25, rest], 100)], 1);
    }) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const [u2, delta2, B2, C2] = changed;
    const y = selectiveScan(u2, delta2, A, B2, C2);
    expectValues(tf.slice(y, [0, 0, 0], [1, 45, 5]), [...early.dataSync()], { rtol: 0, atol: 0 });
  });

  it.each([1, 32, 45, 99])(
    'in two pieces, the first of %i of 100 steps, are one scan, and so are the gradients',
    (split) => {
      const all = inputs(2, 100, 3, 4);
      const halves = (...given: tf.Tensor[]): tf.Tensor => {
        const [u, delta, A, B, C] = given as typeof all;
        const part = (x: tf.Tensor, from: number, steps: number): tf.Tensor =>
          tf.slice(x, [0, from, 0], [2, steps, x.shape[2]!]);
        const cut = (from: number, steps: number): [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor] => [
          part(u, from, steps),
          part(delta, from, steps),
          A,
          part(B, from, steps),
          part(C, from, steps),
        ];
        const { y, state } = selectiveScanWithState(...cut(0, split));
        return tf.concat([y, selectiveScan(...cut(split, 100 - split), { initialState: state })], 1);
      };
      const whole = (...given: tf.Tensor[]): tf.Tensor => selectiveScan(...(given as typeof all));
      const close = { rtol: 1e-4, atol: 1e-4 };
      expectClose(halves(...all), whole(...all), close);
      const dy = random(2, 100, 3);
      const expected = tf.grads(whole)(all, dy);
      tf.grads(halves)(all, dy).forEach((gradient, i) => expectClose(gradient, expected[i]!, close));
      const { state } = selectiveScanWithState(...all);
      expect(state.shape).toEqual([2, 3, 4]);
    },
  );

  it('have gradients of gradients', () => {
    const [u, delta, A, B, C] = inputs(1, 4, 2, 2);
    expectGradient(
      (u, delta, B) =>
        tf.grad((x: tf.Tensor) => tf.sum(tf.square(selectiveScan(x, delta!, A, B!, C, { deltaSoftplus: true }))))(u!),
      [u, delta, B],
    );
  });

  it('leave no tensor behind', () => {
    const given = inputs(1, 40, 2, 2);
    const before = tf.memory().numTensors;
    tf.dispose(tf.grads((...x: tf.Tensor[]) => selectiveScan(...(x as typeof given)))(given));
    tf.dispose(selectiveScanWithState(...given));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuse shapes that do not fit', () => {
    const [u, delta, A, B, C] = inputs(1, 3, 4, 2);
    expect(() => selectiveScan(u, random(1, 3, 1), A, B, C)).toThrow('delta must be [1, 3, 4], got [1, 3, 1]');
    expect(() => selectiveScan(u, delta, random(2, 4), B, C)).toThrow('A must be [4, n], got [2, 4]');
    expect(() => selectiveScan(u, delta, A, random(1, 2, 2), C)).toThrow('B must be [1, 3, 2]');
    expect(() => selectiveScan(u, delta, A, random(1, 3, 3, 2), C)).toThrow(
      'the 3 groups of B must divide the 4 channels',
    );
    expect(() => selectiveScan(u, delta, A, random(1, 3, 2, 2), C)).toThrow('B has 2 groups, C has 1');
    expect(() => selectiveScan(u, delta, A, B, C, { z: random(1, 3) })).toThrow('z must be [1, 3, 4]');
    expect(() => selectiveScan(u, delta, A, B, C, { initialState: random(1, 2, 4) })).toThrow(InvalidArgumentError);
    expect(() => selectiveScan(random(3, 4), delta, A, B, C)).toThrow('u must be [b, l, d]');
  });
});
