import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, normalTensor, useBackend } from '@hourglass/core';
import {
  expectClose,
  expectValues,
  inDoublePrecision,
  prepareDoublePrecision,
  testBackends,
} from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const { hannWindow, melFilterBank, stft } = functional;

// values of torchaudio.functional.melscale_fbanks and librosa.filters.mel, by their formulas in float64
describe('mel filter bank', () => {
  beforeAll(async () => {
    await useBackend('cpu');
  });

  it('has triangles that are evenly spaced in mel', () => {
    const bank = melFilterBank(3, 16, 8000);
    expect(bank.shape).toEqual([9, 3]);
    const sums = tf.sum(bank, 0);
    expectValues(sums, [1.059151062, 1.790387921, 2.835631828], { atol: 1e-5 });
    // neighbours overlap so that between two centres they add up to 1
    expectValues(tf.slice(tf.sum(bank, 1), [2], [3]), [1, 1, 1], { atol: 1e-6 });
  });

  it("is librosa's with Slaney's scale and areas", () => {
    const bank = melFilterBank(4, 64, 16000, { scale: 'slaney', norm: 'slaney', fMin: 50 });
    expectValues(tf.sum(bank, 0), [0.00392241, 0.00405492, 0.003988209, 0.003997526], { atol: 1e-7 });
    // areas of 1, as far as samples every 250 Hz tell
    for (const area of tf.mul(tf.sum(bank, 0), 250).dataSync()) expect(Math.abs(area - 1)).toBeLessThan(0.1);
  });

  it('says what is wrong', () => {
    expect(() => melFilterBank(0, 64, 16000)).toThrow(/positive integers/);
    expect(() => melFilterBank(4, 64, 16000, { fMax: 9000 })).toThrow(/half the sample rate/);
    expect(() => melFilterBank(4, 64, 16000, { scale: 'bark' as never })).toThrow(
      /there are htk, kaldi, linear, slaney/,
    );
  });
});

/** Log-mel energies of 20 filters, as speech models read them, and the gradient of their weighted sum. */
function logMel(signal: ArrayLike<number>, weights: ArrayLike<number>): { y: number[]; dx: number[] } {
  return tf.tidy(() => {
    const bank = melFilterBank(20, 400, 16000, { norm: 'slaney', scale: 'slaney' });
    const window = hannWindow(400);
    const energies = (x: tf.Tensor): tf.Tensor => {
      const power = tf.sum(tf.square(stft(x, { nFft: 400, hopLength: 160, window })), -1);
      return tf.log(tf.add(functional.linear(power, bank), 1e-6));
    };
    const floats = (values: ArrayLike<number>, shape: number[]): tf.Tensor =>
      tf.tensor(Float32Array.from(values), shape);
    const x = floats(signal, [2, signal.length / 2]);
    const y = energies(x);
    const dx = tf.grad(energies)(x, floats(weights, y.shape));
    return { y: [...y.dataSync()], dx: [...dx.dataSync()] } as unknown as tf.TensorContainer;
  }) as unknown as { y: number[]; dx: number[] };
}

describe.each(testBackends('wasm', 'cpu'))('log-mel spectrogram on %s', (backend) => {
  it('agrees with double precision, forward and backward', async () => {
    await useBackend('cpu');
    await prepareDoublePrecision();
    const numbers = (size: number, seed: number): number[] =>
      tf.tidy(
        () => [...normalTensor([size], 0, 1, new Generator(seed)).dataSync()] as unknown as tf.TensorContainer,
      ) as unknown as number[];
    // a loud start and a quiet end
    const signal = numbers(2 * 960, 3).map((value, i) => value * (i % 960 < 500 ? 1 : 0.01));
    const weights = numbers(2 * 7 * 20, 4);
    const exact = inDoublePrecision(() => logMel(signal, weights));
    await useBackend(backend);
    const { y, dx } = logMel(signal, weights);
    expectClose(tf.tensor1d(y), tf.tensor1d(exact.y), { atol: 1e-4 });
    const largest = Math.max(...exact.dx.map(Math.abs));
    expectClose(tf.tensor1d(dx), tf.tensor1d(exact.dx), { atol: 1e-4 * largest });
  });
});
