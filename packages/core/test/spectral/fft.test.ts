import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, normalTensor, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const { complex, fft, fft2, hfft, ifft, ifft2, ihfft, irfft, irfft2, rfft, rfft2 } = functional;
const draw = (shape: number[], seed = 1): tf.Tensor => normalTensor(shape, 0, 1, new Generator(seed));

/** Terms `bins` of the transform by definition, in double precision: (re, im) by turns. */
function transform(x: ArrayLike<number>, bins: readonly number[]): number[] {
  const n = x.length / 2;
  return bins.flatMap((k) => {
    let [re, im] = [0, 0];
    for (let j = 0; j < n; j++) {
      const angle = (-2 * Math.PI * ((j * k) % n)) / n;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      re += x[2 * j]! * c - x[2 * j + 1]! * s;
      im += x[2 * j]! * s + x[2 * j + 1]! * c;
    }
    return [re, im];
  });
}

describe.each(testBackends('wasm', 'cpu'))('Fourier transforms on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  // one matrix, factors, a prime, twice a prime
  it.each([1, 2, 7, 12, 100, 512, 600, 1024, 521, 1042])('of length %d follow the definition and invert', (n) => {
    const x = draw([2, n, 2]);
    const row = x.dataSync().slice(2 * n);
    const bins = Array.from({ length: Math.min(n, 9) }, (_, i) => Math.floor((i * n) / 9));
    const y = fft(x);
    const values = y.dataSync().slice(2 * n);
    const picked = tf.tensor1d(bins.flatMap((k) => [values[2 * k]!, values[2 * k + 1]!]));
    const tolerance = { rtol: 1e-5, atol: 3e-6 * Math.sqrt(n) + 2e-6 };
    expectValues(picked, transform(row, bins), tolerance);
    expectClose(ifft(y), x, { atol: 1e-5 });

    const real = draw([2, n], 2);
    const half = rfft(real);
    expectClose(half, tf.slice(fft(complex(real)), [0, 0, 0], [2, Math.floor(n / 2) + 1, 2]), tolerance);
    expectClose(irfft(half, { n }), real, { atol: 1e-5 });
  });

  it('differ in what divides', () => {
    const x = draw([3, 6, 2]);
    expectClose(fft(x, { norm: 'forward' }), tf.div(fft(x), 6));
    expectClose(fft(x, { norm: 'ortho' }), tf.div(fft(x), Math.sqrt(6)));
    expectClose(ifft(fft(x, { norm: 'ortho' }), { norm: 'ortho' }), x, { atol: 1e-5 });
    expectClose(ifft(fft(x, { norm: 'forward' }), { norm: 'forward' }), x, { atol: 1e-5 });
    expectClose(hfft(ihfft(draw([5]), {}), { n: 5 }), draw([5]), { atol: 1e-5 });
  });

  it('cut and pad to a length, along any axis', () => {
    const x = draw([3, 4, 2]);
    const cut = tf.slice(x, [0, 0, 0], [3, 2, 2]);
    expectClose(fft(x, { n: 2 }), fft(cut));
    expectClose(
      fft(cut, { n: 4 }),
      fft(
        tf.pad(cut, [
          [0, 0],
          [0, 2],
          [0, 0],
        ]),
      ),
    );
    expectClose(fft(x, { axis: 0 }), tf.transpose(fft(tf.transpose(x, [1, 0, 2])), [1, 0, 2]));
  });

  it('go over two axes', () => {
    const x = draw([2, 4, 6]);
    const y = fft2(complex(x));
    expectClose(y, fft(fft(complex(x), { axis: 1 }), { axis: 2 }), { atol: 1e-5 });
    expectClose(rfft2(x), tf.slice(y, [0, 0, 0, 0], [2, 4, 4, 2]), { atol: 1e-5 });
    expectClose(ifft2(y), complex(x), { atol: 1e-5 });
    expectClose(irfft2(rfft2(x)), x, { atol: 1e-5 });
  });

  it('have the right gradients', () => {
    expectGradient((x) => fft(x), [draw([2, 5, 2])]);
    expectGradient((x) => rfft(x, { n: 8, norm: 'ortho' }), [draw([2, 6])]);
    expectGradient((x) => irfft(x, { n: 7 }), [draw([2, 4, 2])]);
    expectGradient((x) => hfft(x), [draw([4, 2])]);
  });

  it.each([521, 600])('of length %d hand gradients back through their transpose', (n) => {
    const [c, v] = [draw([1, n, 2], 1), draw([1, n, 2], 2)];
    const dot = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sum(tf.mul(a, b));
    const gradient = tf.grad((x: tf.Tensor) => dot(fft(x), c))(tf.zeros([1, n, 2]));
    expectClose(dot(gradient, v), dot(fft(v), c), { rtol: 1e-4, atol: 1e-2 });
  });

  it('leave no tensor behind', () => {
    const x = draw([1, 521, 2]);
    const before = tf.memory().numTensors;
    tf.dispose(tf.grad((v: tf.Tensor) => ifft(fft(v)))(x));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('say what is wrong with an input', () => {
    expect(() => fft(draw([3, 4]))).toThrow(/\(re, im\).*\[3, 4\]/);
    expect(() => rfft(draw([3, 4]), { axis: 2 })).toThrow(/no axis 2/);
    expect(() => rfft(draw([3, 4]), { n: 0 })).toThrow(/positive whole number/);
  });
});
