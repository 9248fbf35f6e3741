import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, normalTensor, uniformTensor } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, useTestBackend } from '@hourglass/core/testing';
import * as audio from '@hourglass/audio';

beforeAll(() => useTestBackend('wasm'));

const draw = (shape: number[], seed = 1): tf.Tensor => normalTensor(shape, 0, 0.3, new Generator(seed));

/** Runs and says how many tensors stayed. */
function kept(run: () => tf.Tensor): number {
  const before = tf.memory().numTensors;
  run().dispose();
  return tf.memory().numTensors - before;
}

describe('spectrograms', () => {
  const frames = { nFft: 64, hopLength: 16 };

  it('are inverted', () => {
    const x = draw([2, 400]);
    for (const options of [{}, { normalized: true }, { pad: 8 }, { window: 'hamming', onesided: false }] as const) {
      const there = new audio.Spectrogram({ ...frames, ...options, power: null });
      const back = new audio.InverseSpectrogram({ ...frames, ...options });
      expectClose(back.forward(there.forward(x), 400), x, { atol: 1e-5 });
    }
  });

  it('have channels last, each as if it were alone', () => {
    const x = draw([2, 400, 3]);
    const alone = tf.squeeze(tf.slice(x, [0, 0, 1], [-1, -1, 1]), [2]);
    const transforms = [
      new audio.Spectrogram(frames),
      new audio.MelSpectrogram({ ...frames, nMels: 8, sampleRate: 8000 }),
      new audio.MFCC({ nMfcc: 5, sampleRate: 8000, mel: { ...frames, nMels: 8 }, log: true }),
    ];
    for (const transform of transforms) {
      const y = transform.forward(x);
      expect(y.shape.slice(0, 2)).toEqual([2, 26]);
      expectClose(tf.squeeze(tf.slice(y, [0, 0, 0, 1], [-1, -1, -1, 1]), [3]), transform.forward(alone), {
        rtol: 1e-4,
      });
    }
  });

  it('have the energy of the signal (Parseval)', () => {
    const x = draw([1, 640]);
    const transform = new audio.Spectrogram({
      nFft: 64,
      hopLength: 64,
      center: false,
      onesided: false,
      window: 'kaiser',
      windowOptions: { beta: 0 },
    });
    const energy = tf.div(tf.sum(transform.forward(x)), 64).dataSync()[0]!;
    expect(energy / tf.sum(tf.square(x)).dataSync()[0]!).toBeCloseTo(1, 4);
  });

  it('come back from mel bands, and from magnitudes by Griffin and Lim', () => {
    const mel = uniformTensor([2, 5, 10], 0, 1, new Generator(3));
    const options = { nMels: 10, nStft: 65, sampleRate: 8000 };
    const power = new audio.InverseMelScale(options).forward(mel);
    expect(power.shape).toEqual([2, 5, 65]);
    const tone = tf.tensor2d(
      Array.from({ length: 800 }, (_, i) => Math.sin(i / 3)),
      [1, 800],
    );
    const magnitudes = new audio.Spectrogram({ ...frames, power: 1 });
    const target = magnitudes.forward(tone);
    const miss = (iterations: number): number => {
      const options = { ...frames, power: 1, iterations, generator: new Generator(1), length: 800 };
      const rebuilt = new audio.GriffinLim(options).forward(target);
      return tf.norm(tf.sub(magnitudes.forward(rebuilt), target)).dataSync()[0]!;
    };
    expect(miss(40)).toBeLessThan(0.4 * miss(1));
    expect(miss(40)).toBeLessThan(0.2 * tf.norm(target).dataSync()[0]!);
  });

  it('free what they make', () => {
    const x = draw([2, 400]);
    const mfcc = new audio.MFCC({ nMfcc: 5, mel: { ...frames, nMels: 8 } });
    expect(kept(() => mfcc.forward(x))).toBe(0);
    expect(kept(() => audio.spectralCentroid(x, 8000, frames))).toBe(0);
    const before = tf.memory().numTensors;
    mfcc.dispose();
    expect(before - tf.memory().numTensors).toBe(3);
  });

  it('train', () => {
    const x = draw([1, 40], 5);
    const small = { nFft: 16, hopLength: 8 };
    const check = (fn: (x: tf.Tensor) => tf.Tensor): void =>
      expectGradient(fn, [x], { step: 5e-3, rtol: 3e-2, atol: 1e-2 });
    const power = new audio.Spectrogram(small);
    const magnitude = new audio.Spectrogram({ ...small, power: 1, normalized: true });
    const mfcc = new audio.MFCC({ nMfcc: 3, sampleRate: 8000, log: true, mel: { ...small, nMels: 4 } });
    check((x) => power.forward(x));
    check((x) => magnitude.forward(x));
    check((x) => mfcc.forward(x));
    // silence has no direction: the gradient is 0 and no NaN
    const silent = tf.grad((x: tf.Tensor) => magnitude.forward(x))(tf.zeros([1, 40]));
    expectValues(silent, new Float32Array(40));
  });
});

describe('filters', () => {
  it('are what the recursion says, for stable and unstable ones', () => {
    const x = draw([2, 500]);
    for (const a of [
      [1, -1.8, 0.9],
      [2, 0.4, 0],
      [1, -1.05, 0.02],
      [1, 0, 0],
    ]) {
      const b = [0.5, 0.2, -0.1];
      const y = x.arraySync() as number[][];
      const wanted = y.map((row) => {
        const out: number[] = [];
        row.forEach((_, t) => {
          let sum = 0;
          for (let k = 0; k < 3; k++) sum += b[k]! * (row[t - k] ?? 0) - (k > 0 ? a[k]! * (out[t - k] ?? 0) : 0);
          out.push(sum / a[0]!);
        });
        return out;
      });
      const scale = Math.max(...wanted.flat().map(Math.abs));
      expectClose(audio.lfilter(x, a, b, { clamp: false }), tf.tensor2d(wanted), {
        rtol: 1e-4,
        atol: Math.min(1e-5, 1e-6 * scale) + 1e-6,
      });
    }
    expect(() => audio.lfilter(x, [1, 2], [1])).toThrow('2 and 1 coefficients');
  });

  it('pass what they are named after', () => {
    const tone = (hertz: number): tf.Tensor =>
      tf.tensor2d(
        Array.from({ length: 4000 }, (_, i) => 0.2 * Math.sin((2 * Math.PI * hertz * i) / 8000)),
        [1, 4000],
      );
    const gain = (filter: (x: tf.Tensor) => tf.Tensor, hertz: number): number => {
      const tail = tf.slice(filter(tone(hertz)), [0, 2000], [1, 2000]);
      return (
        20 *
        Math.log10(tf.norm(tail).dataSync()[0]! / tf.norm(tf.slice(tone(hertz), [0, 2000], [1, 2000])).dataSync()[0]!)
      );
    };
    const low = (x: tf.Tensor): tf.Tensor => audio.lowpassBiquad(x, 8000, 500);
    expect(gain(low, 50)).toBeCloseTo(0, 1);
    expect(gain(low, 500)).toBeCloseTo(-3, 0);
    expect(gain(low, 3000)).toBeLessThan(-30);
    expect(gain((x) => audio.highpassBiquad(x, 8000, 500), 50)).toBeLessThan(-35);
    expect(gain((x) => audio.equalizerBiquad(x, 8000, 1000, 6), 1000)).toBeCloseTo(6, 1);
    expect(gain((x) => audio.bassBiquad(x, 8000, -9), 10)).toBeCloseTo(-9, 0);
    expect(gain((x) => audio.trebleBiquad(x, 8000, 9, 500), 3500)).toBeCloseTo(9, 0);
    expect(gain((x) => audio.bandrejectBiquad(x, 8000, 1000), 1000)).toBeLessThan(-40);
    expect(gain((x) => audio.allpassBiquad(x, 8000, 1000), 700)).toBeCloseTo(0, 2);
  });

  it('undo each other, train, and free what they make', () => {
    const x = draw([2, 50, 2]);
    expectClose(audio.deemphasis(audio.preemphasis(x)), x, { atol: 1e-4 });
    const few = draw([1, 100]);
    expectGradient((x) => audio.lfilter(x, [1, -1.2, 0.5], [1, 0.5, 0], { clamp: false }), [few]);
    expect(kept(() => audio.highpassBiquad(x, 8000, 50))).toBe(0);
    expect(kept(() => audio.convolve(few, few))).toBe(0);
  });
});

describe('levels', () => {
  it('measure loudness as ITU-R BS.1770 says', () => {
    // a sine of 997 Hz at full scale in one channel is -3.01 LKFS
    const sine = tf.tensor2d(
      Array.from({ length: 24000 }, (_, i) => Math.sin((2 * Math.PI * 997 * i) / 48000)),
      [1, 24000],
    );
    const quiet = tf.mul(sine, 0.1);
    expect(audio.loudness(quiet, 48000).dataSync()[0]).toBeCloseTo(-23.01, 1);
    const both = tf.stack([quiet, quiet], 2);
    expect(audio.loudness(both, 48000).dataSync()[0]).toBeCloseTo(-20, 1);
    // silence does not count, but for the three blocks that lie in part in it
    const half = tf.concat([quiet, tf.zeros([1, 28800])], 1);
    expect(audio.loudness(half, 48000).dataSync()[0]).toBeCloseTo(-23.01 + 10 * Math.log10((2 + 1.5) / 5), 1);
    expect(kept(() => audio.loudness(both, 48000))).toBe(0);
    // no block counts
    const faint = tf.concat([tf.zeros([1, 24000]), tf.mul(sine, 1e-4), quiet], 0);
    const [none, below, heard] = audio.loudness(faint, 48000).dataSync();
    expect([none, below]).toEqual([-Infinity, -Infinity]);
    expect(heard).toBeCloseTo(-23.01, 1);
    expect(() => audio.loudness(tf.zeros([1, 100]), 48000)).toThrow('0.4 s');
  });

  it('mix noise at the ratio that is asked for', () => {
    const [x, noise] = [draw([2, 1000], 1), draw([2, 1000], 2)];
    const added = tf.sub(audio.addNoise(x, noise, [10, -5]), x);
    const ratios = tf.div(tf.sum(tf.square(x), 1), tf.sum(tf.square(added), 1)).dataSync();
    expect([...ratios].map((ratio) => 10 * Math.log10(ratio))).toEqual([expect.closeTo(10, 3), expect.closeTo(-5, 3)]);
  });

  it('go to mu-law and back with the error of its steps', () => {
    const x = uniformTensor([1000], -1, 1, new Generator(4));
    const back = audio.muLawDecode(audio.muLawEncode(x));
    expect(tf.max(tf.abs(tf.sub(back, x))).dataSync()[0]).toBeLessThan(0.025);
    expect(audio.muLawEncode(tf.tensor1d([-1, 0, 1])).arraySync()).toEqual([0, 128, 255]);
  });

  it('fade, and refuse to fade more than there is', () => {
    const y = audio.fade(tf.ones([1, 10, 2]), { fadeIn: 3, fadeOut: 5 });
    expectValues(tf.slice(y, [0, 0, 1], [1, 10, 1]), [0, 0.5, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]);
    expectValues(audio.fade(tf.ones([4]), { fadeIn: 1, fadeOut: 1 }), [0, 1, 1, 1]);
    expect(() => audio.fade(tf.ones([10]), { fadeIn: 11 })).toThrow('11 samples of 10');
  });
});

describe('changes of time and pitch', () => {
  const tone = (length: number): tf.Tensor =>
    tf.tensor2d(
      Array.from({ length }, (_, i) => Math.sin((2 * Math.PI * 440 * i) / 8000)),
      [1, length],
    );
  /** Hertz of the strongest frequency. */
  const peak = (x: tf.Tensor): number => {
    const spectrum = tf.mean(new audio.Spectrogram({ nFft: 800 }).forward(x), 1);
    return 10 * tf.argMax(spectrum, 1).dataSync()[0]!;
  };

  it('keep the pitch, or the length', () => {
    const x = tone(8000);
    const frames = { nFft: 512, hopLength: 128 };
    const z = new audio.Spectrogram({ ...frames, power: null }).forward(x);
    const slow = new audio.InverseSpectrogram(frames).forward(audio.timeStretch(z, 0.5, 128));
    expect(slow.shape[1]! / 8000).toBeCloseTo(2, 1);
    expect(peak(slow)).toBe(440);
    const higher = audio.pitchShift(x, 8000, 12);
    expect(higher.shape).toEqual([1, 8000]);
    expect(peak(higher)).toBe(880);
    expect(kept(() => audio.pitchShift(x, 8000, -3))).toBe(0);
  });
});

describe('features over time', () => {
  it('have slopes', () => {
    const line = tf.tensor3d(Array.from({ length: 20 }, (_, t) => [2 * t, -t]).flat(), [1, 20, 2]);
    const slopes = tf.slice(audio.computeDeltas(line), [0, 2, 0], [1, 16, 2]);
    expectClose(slopes, tf.tile(tf.tensor3d([[[2, -1]]]), [1, 16, 1]));
  });

  it('lose their mean over a window', () => {
    const x = draw([2, 30, 4]);
    const y = audio.slidingWindowCmn(x, { window: 1000, minWindow: 1000, normVars: true });
    const { mean, variance } = tf.moments(y, 1);
    expectClose(mean, tf.zeros([2, 4]), { atol: 1e-4 });
    expectClose(variance, tf.ones([2, 4]), { atol: 1e-3 });
  });

  it('are masked the same way with the same generator, within the limits', () => {
    const x = tf.ones([8, 40, 20]);
    const mask = (seed: number): tf.Tensor => audio.timeMask(x, 10, { iid: true, generator: new Generator(seed) });
    expectClose(mask(1), mask(1));
    const hidden = [...tf.sum(tf.sub(1, tf.mean(mask(1), 2)), 1).dataSync()];
    expect(Math.max(...hidden)).toBeLessThan(10);
    expect(new Set(hidden.map(Math.round)).size).toBeGreaterThan(2);
    const columns = tf.mean(audio.frequencyMask(x, 15, { value: -1, generator: new Generator(2) }), [0, 1]).dataSync();
    expect(new Set(columns)).toEqual(new Set([1, -1]));
  });
});
