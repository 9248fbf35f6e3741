import * as tf from '@tensorflow/tfjs-core';
import { functional as F, useBackend } from '@hourglass/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectLikeCpu, normalOf, normals, onEveryMachine } from './support/oracle.js';

beforeAll(() => useBackend('native'));

// of every radix, with large primes, and where one or both sides of the matrix are shorter than a vector
const lengths = [1, 2, 3, 4, 5, 7, 8, 12, 13, 16, 17, 30, 31, 64, 77, 97, 100, 128, 169, 240, 256, 331, 400, 500];

/** Σ_j x_j exp(sign 2πi jk / n) in double precision, x given by its parts. */
function transform(re: number[], im: number[], sign: number): [number[], number[]] {
  const n = re.length;
  const out: [number[], number[]] = [[], []];
  for (let k = 0; k < n; k++) {
    let [sumRe, sumIm] = [0, 0];
    for (let j = 0; j < n; j++) {
      const angle = (sign * 2 * Math.PI * ((j * k) % n)) / n;
      sumRe += re[j]! * Math.cos(angle) - im[j]! * Math.sin(angle);
      sumIm += re[j]! * Math.sin(angle) + im[j]! * Math.cos(angle);
    }
    out[0].push(sumRe);
    out[1].push(sumIm);
  }
  return out;
}

/** Largest difference as a share of the largest value. */
function error(actual: number[], expected: number[]): number {
  const most = Math.max(...expected.map(Math.abs), 1e-30);
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!))) / most;
}

describe('fft of complex tensors', () => {
  it.each(lengths)('of %d numbers', async (n) => {
    const [re, im] = [normals(3 * n, 1), normals(3 * n, 2)];
    await onEveryMachine(
      () => {
        const x = tf.complex(tf.tensor2d(re, [3, n]), tf.tensor2d(im, [3, n]));
        const [there, back] = [tf.spectral.fft(x), tf.spectral.ifft(x)];
        return [tf.real(there), tf.imag(there), tf.real(back), tf.imag(back)];
      },
      (results, isa) => {
        for (let row = 0; row < 3; row++) {
          const part = (values: ArrayLike<number>): number[] => Array.from(values).slice(row * n, (row + 1) * n);
          const forward = transform(part(re), part(im), -1);
          const inverse = transform(part(re), part(im), 1).map((values) => values.map((v) => v / n));
          [...forward, ...inverse].forEach((expected, i) => {
            expect(error(part(results[i]!.values), expected), `${isa}, output ${i}, row ${row}`).toBeLessThan(2e-6);
          });
        }
      },
    );
  });

  it('of long signals', async () => {
    for (const n of [1024, 3000, 4099, 65536]) {
      await onEveryMachine(
        () => {
          const x = tf.complex(tf.tensor1d(normals(n, 1)), tf.tensor1d(normals(n, 2)));
          const again = tf.spectral.ifft(tf.spectral.fft(x));
          const spectrum = tf.spectral.fft(tf.complex(tf.tensor1d(tone(n, 5)), tf.zeros([n])));
          return [tf.real(again), tf.imag(again), tf.real(spectrum)];
        },
        ([re, im, spectrum]) => {
          expect(error(re!.values, Array.from(normals(n, 1)))).toBeLessThan(5e-6);
          expect(error(im!.values, Array.from(normals(n, 2)))).toBeLessThan(5e-6);
          expect(spectrum!.values[5]! / (n / 2)).toBeCloseTo(1, 4);
          expect(spectrum!.values[n - 5]! / (n / 2)).toBeCloseTo(1, 4);
          expect(Math.max(...spectrum!.values.slice(6, n - 5).map(Math.abs)) / n).toBeLessThan(1e-5);
        },
      );
    }
  });
});

/** A cosine with `waves` periods. */
function tone(n: number, waves: number): Float32Array {
  return Float32Array.from({ length: n }, (_, i) => Math.cos((2 * Math.PI * waves * i) / n));
}

/** The value, its gradient and the gradient of that are those of the backend cpu. */
async function expectAllLikeCpu(fn: (x: tf.Tensor) => tf.Tensor, shape: number[]): Promise<void> {
  const tolerance = { rtol: 1e-4, atol: 1e-3 };
  const weighted = (x: tf.Tensor): tf.Tensor => {
    const y = fn(x);
    return tf.sum(tf.mul(tf.square(y), normalOf(y.shape, 5)));
  };
  await expectLikeCpu(() => fn(normalOf(shape, 1)), { rtol: 1e-5, atol: 2e-5 });
  await expectLikeCpu(() => tf.grad((x) => tf.sum(tf.mul(fn(x), normalOf(fn(x).shape, 4))))(normalOf(shape, 2)), {
    rtol: 1e-5,
    atol: 2e-5,
  });
  await expectLikeCpu(() => tf.grad(weighted)(tf.mul(normalOf(shape, 3), 0.1)), tolerance);
}

describe('transforms of real tensors', () => {
  it.each([1, 2, 5, 8, 16, 23, 31, 34, 60, 96])('of %d numbers', async (n) => {
    await expectAllLikeCpu((x) => F.rfft(x), [3, n]);
    await expectAllLikeCpu((x) => F.irfft(x, { n }), [3, Math.floor(n / 2) + 1, 2]);
    await expectAllLikeCpu((x) => F.fft(x, { norm: 'ortho' }), [2, n, 2]);
    await expectAllLikeCpu((x) => F.ifft(x), [2, n, 2]);
  });

  it('along other axes', async () => {
    await expectAllLikeCpu((x) => F.rfft2(x), [2, 6, 10]);
    await expectAllLikeCpu((x) => F.irfft2(x, { norm: 'forward' }), [2, 6, 5, 2]);
  });

  it('a loud row does not disturb a quiet one, and NaN stays in its row', async () => {
    await onEveryMachine(
      () =>
        F.rfft(tf.stack([tf.fill([64], 1e20), tf.tensor1d(tone(64, 3)), tf.fill([64], NaN), tf.tensor1d(tone(64, 3))])),
      ([y]) => {
        for (const row of [1, 3]) {
          const values = y!.values.slice(row * 66, (row + 1) * 66);
          values.forEach((value, i) => expect(Math.abs(value - (i === 6 ? 32 : 0))).toBeLessThan(1e-5));
        }
      },
    );
  });
});

describe('short-time transforms', () => {
  const window = (): tf.Tensor1D => tf.add(0.1, tf.abs(normalOf([20], 9)));

  it('and their gradients', async () => {
    for (const options of [
      { nFft: 20, hopLength: 5 },
      { nFft: 20, hopLength: 7, center: false },
      { nFft: 20, hopLength: 8, normalized: true, onesided: false },
      { nFft: 20, hopLength: 30, center: false },
    ]) {
      await expectAllLikeCpu((x) => F.stft(x, { ...options, window: window() }), [2, 93]);
    }
  });

  it('undo themselves', async () => {
    const options = { nFft: 20, hopLength: 5 };
    await expectAllLikeCpu((x) => F.istft(x, { ...options, window: window() }), [2, 9, 11, 2]);
    await onEveryMachine(
      () => {
        const x = normalOf([2, 100], 1);
        return tf.sub(F.istft(F.stft(x, { ...options, window: window() }), { ...options, window: window() }), x);
      },
      ([difference]) => expect(Math.max(...difference!.values.map(Math.abs))).toBeLessThan(1e-5),
    );
  });
});
