import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW, functional, Generator, manualSeed, scope, valueAndGradients } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  discriminatorLoss,
  generatorLoss,
  LossBalancer,
  MultiScaleWaveDiscriminator,
  TemporalCompressingNetwork,
} from '@hourglass/audio';
import * as tf from '@tensorflow/tfjs-core';

beforeAll(() => useTestBackend('wasm'));

const sampleRate = 8000;
const hop = 1024;

/** Tones from 1 to 2 kHz: [frequencies, time, 1]. */
function tones(frequencies: readonly number[], time: number, generator: Generator): tf.Tensor {
  const values = frequencies.flatMap((f) => {
    const phase = generator.uniform(0, 2 * Math.PI);
    return Array.from({ length: time }, (_, t) => 0.3 * Math.sin((2 * Math.PI * f * t) / sampleRate + phase));
  });
  return tf.tensor3d(values, [frequencies.length, time, 1]);
}

/** Frequency of the highest peak of the spectrum, by a parabola through its logarithm. */
function pitch(x: tf.Tensor): number {
  return scope(() => {
    const time = x.shape[1]!;
    const size = 32_768;
    const windowed = tf.mul(tf.reshape(x, [time]), functional.hannWindow(time));
    const spectrum = functional.rfft(tf.pad(windowed, [[0, size - time]]));
    const power = tf.log(tf.add(tf.sum(tf.square(spectrum), -1), 1e-12)).dataSync();
    // a constant offset is no pitch
    const lowest = Math.ceil((100 * size) / sampleRate);
    const peak = power.indexOf(Math.max(...power.subarray(lowest)), lowest);
    const [a, b, c] = [power[peak - 1]!, power[peak]!, power[peak + 1]!];
    return ((peak + (a - c) / (2 * (a - 2 * b + c))) * sampleRate) / size;
  });
}

const cents = (a: number, b: number): number => Math.abs(1200 * Math.log2(a / b));

describe('temporal compressing network', () => {
  const model = (): TemporalCompressingNetwork =>
    new TemporalCompressingNetwork(
      {
        sampling_rate: sampleRate,
        num_filters: 16,
        hidden_size: 256,
        num_residual_layers: 1,
        compress: 2,
      },
      { generator: new Generator(1) },
    );

  it('stretches time and keeps the pitch, where resampling keeps neither apart', () => {
    manualSeed(1);
    const generator = new Generator(2);
    const network = model();
    const discriminator = new MultiScaleWaveDiscriminator({ filters: 4, scales: 2, downsampling: 2, generator });
    const balancer = new LossBalancer({ latent: 10, adversarial: 0.5 });
    const optimizer = new AdamW([...network.parameters(), ...discriminator.parameters()], {
      lr: 1.5e-4,
      weightDecay: 0,
      betas: [0.5, 0.9],
    });
    const regression: number[] = [];
    for (let step = 0; step < 16; step++) {
      scope(() => {
        const x = tones(
          Array.from({ length: 2 }, () => generator.uniform(1000, 2000)),
          4 * hop,
          generator,
        );
        const { aux, gradients } = valueAndGradients(() => {
          const latent = network.encodeLatent(x);
          const decoded = network.decodeLatent(latent);
          const { loss, values } = balancer.forward(decoded, {
            latent: (y) => network.latentRegression(latent, y),
            adversarial: (y) => generatorLoss(discriminator.forward(y)),
          });
          const fake = discriminator.forward(functional.stopGradient(decoded));
          return { value: tf.add(loss, discriminatorLoss(discriminator.forward(x), fake)), aux: values };
        }, [...network.parameters(), ...discriminator.parameters()]);
        regression.push((aux as unknown as { latent: tf.Tensor }).latent.dataSync()[0]!);
        optimizer.step(gradients);
      });
    }
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    network.eval();
    for (const frequency of [1130, 1500, 1970]) {
      scope(() => {
        const x = tones([frequency], 12 * hop, new Generator(5));
        expect(cents(pitch(x), frequency)).toBeLessThan(0.1);
        for (const factor of [0.5, 0.8, 1.3, 2]) {
          const y = network.stretch(x, factor);
          expect(Math.abs(y.shape[1]! - 12 * hop * factor)).toBeLessThan(hop);
          // between vectors the phase moves by up to half a turn: 4 Hz
          expect(cents(pitch(y), frequency)).toBeLessThan(5);
          // resampling to that length: the pitch goes with it
          const resampled = functional.interpolate(x, { size: y.shape[1]!, mode: 'linear' });
          expect(cents(pitch(resampled), frequency / factor)).toBeLessThan(4);
          expect(cents(pitch(resampled), frequency)).toBeGreaterThan(300);
        }
      });
    }
    expect(mean(regression.slice(-4))).toBeLessThan(0.9 * mean(regression.slice(0, 4)));
    for (const made of [network, discriminator, balancer, optimizer]) made.dispose();
  });

  it('short vectors do not keep the pitch: the compression is what does it', () => {
    const short = new TemporalCompressingNetwork(
      { sampling_rate: sampleRate, compress_ratios: [2, 2], num_filters: 8, hidden_size: 8, num_residual_layers: 1 },
      { generator: new Generator(1) },
    );
    scope(() => {
      const x = tones([1500], 12 * hop, new Generator(5));
      expect(cents(pitch(short.stretch(x, 1)), 1500)).toBeLessThan(4);
      // 4 samples a vector: stretching them is resampling
      expect(cents(pitch(short.stretch(x, 1.3)), 1500)).toBeGreaterThan(100);
    });
    short.dispose();
  });

  it('refuses factors and sound that make no sense', () => {
    const network = model();
    expect(() => network.stretch(tf.zeros([1, 100, 1]), 0)).toThrow('stretched by a positive factor, got 0');
    expect(() => network.stretch(tf.zeros([1, 100]), 2)).toThrow('[1, 100]');
    network.dispose();
  });
});
