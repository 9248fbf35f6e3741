import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, normalTensor, useBackend } from '@hourglass/core';
import { capability, expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const checks = capability('checks of values');

const { blackmanWindow, bartlettWindow, fft, complex, hammingWindow, hannWindow, istft, kaiserWindow, rfft, stft } =
  functional;
const draw = (shape: number[], seed = 1): tf.Tensor => normalTensor(shape, 0, 1, new Generator(seed));

describe.each(testBackends('wasm', 'cpu'))('STFT on %s', (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  it('transforms windowed frames', () => {
    const x = draw([2, 40]);
    const window = hannWindow(8);
    const y = stft(x, { nFft: 8, hopLength: 3, window, center: false });
    expect(y.shape).toEqual([2, 11, 5, 2]);
    const frame = tf.mul(tf.slice(x, [1, 12], [1, 8]), window);
    expectClose(tf.reshape(tf.slice(y, [1, 4, 0, 0], [1, 1, 5, 2]), [1, 5, 2]), rfft(frame), { atol: 1e-5 });
  });

  it.each(['reflect', 'constant', 'replicate', 'circular'] as const)('pads the ends with mode %s', (padMode) => {
    const x = tf.tensor1d([1, 2, 3, 4, 5, 6]);
    const padded = {
      reflect: [3, 2, 1, 2, 3, 4, 5, 6, 5, 4],
      constant: [0, 0, 1, 2, 3, 4, 5, 6, 0, 0],
      replicate: [1, 1, 1, 2, 3, 4, 5, 6, 6, 6],
      circular: [5, 6, 1, 2, 3, 4, 5, 6, 1, 2],
    }[padMode];
    const options = { nFft: 4, hopLength: 2 };
    expectClose(stft(x, { ...options, padMode }), stft(tf.tensor1d(padded), { ...options, center: false }));
  });

  it('puts a short window in the middle of the frame', () => {
    const x = draw([1, 16]);
    const short = stft(x, { nFft: 8, winLength: 5, window: tf.ones([5]) });
    expectClose(short, stft(x, { nFft: 8, window: tf.tensor1d([0, 1, 1, 1, 1, 1, 0, 0]) }));
  });

  it('gives all terms where asked', () => {
    const x = draw([8]);
    const y = stft(x, { nFft: 8, center: false, onesided: false });
    expectClose(tf.reshape(y, [8, 2]), fft(complex(x)), { atol: 1e-5 });
  });

  it.each([
    { nFft: 16, hopLength: 4, window: 16 },
    { nFft: 15, hopLength: 5, window: 15 },
    { nFft: 16, hopLength: 3, winLength: 12, window: 12, normalized: true },
    { nFft: 16, hopLength: 4, window: 16, onesided: false },
    { nFft: 16, hopLength: 4, window: 16, center: false, hamming: true },
  ])('is undone by istft: %o', ({ window: size, hamming, ...given }) => {
    const options = { ...given, window: hamming ? hammingWindow(size) : hannWindow(size) };
    const length = given.center === false ? 16 + 4 * 20 : 97;
    const x = draw([2, length]);
    expectClose(istft(stft(x, options), { ...options, length }), x, { atol: 1e-5 });
  });

  it('has the right gradients both ways', () => {
    const options = { nFft: 6, hopLength: 2, window: hammingWindow(6) };
    expectGradient((x) => stft(x, options), [draw([1, 13])]);
    expectGradient((s) => istft(s, { ...options, length: 11 }), [draw([1, 5, 4, 2])]);
    expectGradient((x) => tf.grad((v) => tf.sum(tf.pow(stft(v, options), tf.scalar(3))))(x), [draw([1, 9])], {
      step: 3e-3,
      atol: 2e-2,
    });
  });

  it('says what is wrong', () => {
    expect(() => stft(draw([2, 6]), { nFft: 8, center: false })).toThrow(/too short/);
    expect(() => stft(draw([2, 4]), { nFft: 8 })).toThrow(/padded by 4.*reflect/);
    expect(() => stft(draw([2, 20]), { nFft: 8, window: tf.ones([6]) })).toThrow(/\[6\] for winLength 8/);
    expect(() => stft(draw([2, 20]), { nFft: 8, winLength: 9 })).toThrow(/between 1 and nFft 8/);
    expect(() => istft(draw([1, 4, 9, 2]), { nFft: 8 })).toThrow(/nFft 8.*\[1, 4, 9, 2\]/);
  });

  it.skipIf(checks.isMissing)(checks.title('says that windows leave gaps'), () => {
    const gaps = { nFft: 8, hopLength: 8, window: hannWindow(8), center: false };
    // a look at the numbers would stall a GPU
    if (backend !== 'webgpu') expect(() => istft(draw([1, 4, 5, 2]), gaps)).toThrow(/uncovered/);
  });

  it('leaves no tensor behind', () => {
    const x = draw([1, 64]);
    const options = { nFft: 16, window: hannWindow(16) };
    const before = tf.memory().numTensors;
    tf.dispose(tf.grad((v: tf.Tensor) => istft(stft(v, options), options))(x));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('has the windows of signal processing', () => {
    expectValues(hannWindow(4), [0, 0.5, 1, 0.5], { atol: 1e-7 });
    expectValues(hannWindow(5, { periodic: false }), [0, 0.5, 1, 0.5, 0], { atol: 1e-7 });
    expectValues(hammingWindow(2), [0.08, 1], { atol: 1e-7 });
    expectValues(bartlettWindow(4), [0, 0.5, 1, 0.5]);
    expectValues(blackmanWindow(3, { periodic: false }), [0, 1, 0], { atol: 1e-7 });
    // I0(1) = 1.2660659
    expectValues(kaiserWindow(3, { periodic: false, beta: 1 }), [1 / 1.2660659, 1, 1 / 1.2660659]);
    expectValues(hannWindow(1), [1]);
    expect(hannWindow(0).shape).toEqual([0]);
  });
});
