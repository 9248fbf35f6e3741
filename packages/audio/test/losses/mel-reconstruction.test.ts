import { beforeAll, describe, expect, it } from 'vitest';
import { functional, Generator, normalTensor, Parameter, scope, valueAndGradients } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { MelReconstructionLoss } from '@hourglass/audio';
import * as tf from '@tensorflow/tfjs-core';

beforeAll(() => useTestBackend('wasm'));

/** The formula in double precision: one window, discrete Fourier transforms by definition. */
function byDefinition(a: readonly number[], b: readonly number[], length: number, rate: number, mels: number): number {
  const filters = scope(() => functional.melFilterBank(mels, length, rate).arraySync());
  const spectrogram = (x: readonly number[]): number[][] => {
    const half = length / 2;
    const at = (i: number): number => x[i < 0 ? -i : i >= x.length ? 2 * x.length - 2 - i : i]!;
    const frames: number[][] = [];
    for (let start = -half; start + half <= x.length; start += length / 4) {
      const magnitudes = Array.from({ length: half + 1 }, (_, k) => {
        let [re, im] = [0, 0];
        for (let n = 0; n < length; n++) {
          const value = at(start + n) * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
          re += value * Math.cos((2 * Math.PI * k * n) / length);
          im -= value * Math.sin((2 * Math.PI * k * n) / length);
        }
        return (Math.hypot(re, im) * 2) / length;
      });
      frames.push(Array.from({ length: mels }, (_, m) => magnitudes.reduce((s, v, k) => s + v * filters[k]![m]!, 0)));
    }
    return frames;
  };
  const [sa, sb] = [spectrogram(a), spectrogram(b)];
  const costs = sa.map((frame, t) => {
    const linear = frame.reduce((sum, value, m) => sum + Math.abs(value - sb[t]![m]!), 0);
    const logs = frame.map((value, m) => Math.log(Math.max(value, 1e-5)) - Math.log(Math.max(sb[t]![m]!, 1e-5)));
    return linear + Math.sqrt(length / 2) * Math.hypot(...logs);
  });
  return costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
}

describe('MelReconstructionLoss', () => {
  it('is the formula of SoundStream, over all windows', () => {
    const generator = new Generator(1);
    const [a, b] = [0, 1].map(() => Array.from({ length: 200 }, () => generator.normal(0, 0.2))) as [
      number[],
      number[],
    ];
    const loss = new MelReconstructionLoss(8000, { windows: [32, 64], melBins: 8 });
    const got = scope(() => loss.forward(tf.tensor3d(a, [1, 200, 1]), tf.tensor3d(b, [1, 200, 1])).dataSync()[0]!);
    const expected = [32, 64].reduce((sum, length) => sum + byDefinition(a, b, length, 8000, 8), 0);
    expect(got / expected).toBeCloseTo(1, 4);
    loss.dispose();
  });

  it('is near zero for equal sounds, grows with noise, and has finite gradients also in silence', () => {
    const loss = new MelReconstructionLoss(16_000, { windows: [64, 256] });
    scope(() => {
      const x = tf.reshape(tf.mul(tf.sin(tf.mul(tf.range(0, 2048), 0.2)), 0.3), [1, 1024, 2]) as tf.Tensor;
      const noise = normalTensor(x.shape, 0, 1, new Generator(4));
      const costs = [0, 0.003, 0.03, 0.3].map(
        (level) => loss.forward(tf.add(x, tf.mul(noise, level)), x).dataSync()[0]!,
      );
      expect(costs[0]).toBeLessThan(0.01);
      expect(costs).toEqual(costs.toSorted((p, q) => p - q));
      const silent = new Parameter(tf.zeros(x.shape));
      for (const target of [x, tf.zerosLike(x)]) {
        const { gradients } = valueAndGradients(() => loss.forward(silent.value, target), [silent]);
        expect(gradients.get(silent)!.dataSync().every(Number.isFinite)).toBe(true);
      }
      silent.dispose();
    });
    loss.dispose();
  });

  it('refuses sounds of different shapes', () => {
    const loss = new MelReconstructionLoss(16_000, { windows: [64] });
    expect(() => loss.forward(tf.zeros([1, 100, 1]), tf.zeros([1, 101, 1]))).toThrow('[1, 100, 1] and [1, 101, 1]');
    loss.dispose();
  });
});
