import { beforeAll, describe, expect, it } from 'vitest';
import { AdamW, Generator, normalTensor, scope, valueAndGradients } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { testModel } from '@hourglass/testing';
import {
  discriminatorLoss,
  DiscriminatorEnsemble,
  MultiPeriodDiscriminator,
  MultiScaleStftDiscriminator,
  MultiScaleWaveDiscriminator,
  StftDiscriminator,
  type Discriminator,
  type Judgement,
} from '@hourglass/audio';
import * as tf from '@tensorflow/tfjs-core';

beforeAll(() => useTestBackend('wasm'));

interface Case {
  readonly title: string;
  readonly channels: number;
  readonly lengths: readonly [number, ...number[]];
  readonly logits: (length: number) => ReadonlyArray<readonly number[]>;
  readonly create: (generator: Generator) => Discriminator;
}

const strided = (size: number, taps: number, stride: number, padding: number): number =>
  Math.floor((size + 2 * padding - taps) / stride) + 1;

const cases: readonly Case[] = [
  {
    title: 'MultiScaleStftDiscriminator',
    channels: 2,
    lengths: [150, 133],
    logits: (length) => [64, 32].map((n) => [Math.floor((length - n) / (n / 4)) + 1, Math.ceil((n / 2 + 1) / 8), 1]),
    create: (generator) => new MultiScaleStftDiscriminator({ channels: 2, filters: 3, nFfts: [64, 32], generator }),
  },
  {
    title: 'StftDiscriminator',
    channels: 1,
    lengths: [260, 321],
    // time is halved three times, and rounded up
    logits: (length) => [[Math.ceil((Math.floor((length - 64) / 16) + 1) / 8), 1, 1]],
    create: (generator) => new StftDiscriminator({ filters: 2, nFft: 64, generator }),
  },
  {
    title: 'MultiScaleWaveDiscriminator',
    channels: 1,
    lengths: [64, 81],
    logits: (length) =>
      [length, Math.floor(length / 2)].map((size) => [strided(strided(size, 41, 4, 20), 41, 4, 20), 1]),
    create: (generator) => new MultiScaleWaveDiscriminator({ filters: 4, scales: 2, downsampling: 2, generator }),
  },
  {
    title: 'MultiPeriodDiscriminator',
    channels: 1,
    lengths: [30, 31],
    logits: (length) => [2, 3].map((p) => [strided(Math.ceil(length / p), 5, 3, 2), p, 1]),
    create: (generator) => new MultiPeriodDiscriminator({ periods: [2, 3], widths: [4, 5], generator }),
  },
];

for (const { title, channels, lengths, logits, create } of cases) {
  testModel(title, {
    create,
    inputs: lengths.map((length) => ({
      name: `${length} samples`,
      make: (generator: Generator, examples: number) => normalTensor([examples, length, channels], 0, 0.3, generator),
      gives: (_: tf.Tensor, examples: number) =>
        Object.fromEntries(logits(length).map((shape, i) => [String(i), [examples, ...shape]])),
    })) as never,
    forward: (model, x) => scope(() => ({ ...model.forward(x).logits })) as never,
    wrong: [
      { name: 'too many channels', make: () => tf.zeros([1, 64, channels + 1]) },
      { name: 'too short a sound', make: () => tf.zeros([1, 2, channels]) },
      { name: 'sound without channels', make: () => tf.zeros([1, 64]) },
    ],
  });
}

describe('discriminators', () => {
  it('have the widths and layers of the papers', () => {
    const count = (discriminator: Discriminator): [number, number] => {
      const { features } = scope(() => {
        const judgement: Judgement = discriminator.forward(tf.zeros([1, 4096, 1]));
        return { features: judgement.features.map((layers) => layers.map(({ shape }) => shape.at(-1)!)) };
      });
      const { parameterCount } = discriminator;
      discriminator.dispose();
      return [features.flat().length, parameterCount];
    };
    // as many as in Meta's package: 5 layers a scale, biases, weights with their magnitudes but for the first
    const stft = 3 * (32 * 2 * 27 + 3 * 32 * 32 * 27 + 32 * 32 * 9 + 32 * 9 + 2 * (5 * 32 + 1) - 32);
    expect(count(new MultiScaleStftDiscriminator())).toEqual([15, stft]);
    expect(count(new MultiScaleWaveDiscriminator())[0]).toBe(18);
    expect(count(new MultiPeriodDiscriminator())[0]).toBe(25);
    expect(count(new StftDiscriminator({ filters: 4 }))[0]).toBe(7);
  });

  it('learn to tell two kinds of sound from each other', () => {
    const generator = new Generator(3);
    const both = new DiscriminatorEnsemble([
      new MultiScaleStftDiscriminator({ filters: 4, nFfts: [64], generator }),
      new MultiPeriodDiscriminator({ periods: [2], widths: [4, 8], generator }),
    ]);
    const optimizer = new AdamW(both.parameters(), { lr: 3e-3 });
    const losses: number[] = [];
    for (let step = 0; step < 80; step++) {
      scope(() => {
        const noise = normalTensor([4, 256, 1], 0, 0.5, generator);
        const phase = generator.uniform(0, 6);
        const tone = tf.reshape(tf.sin(tf.add(tf.range(0, 1024), phase)), [4, 256, 1]);
        const { value, gradients } = valueAndGradients(
          () => discriminatorLoss(both.forward(tone), both.forward(noise)),
          both.parameters(),
        );
        losses.push(value.dataSync()[0]!);
        optimizer.step(gradients);
      });
    }
    expect(losses[0]).toBeGreaterThan(1.5);
    expect(losses.at(-1)).toBeLessThan(0.5);
    optimizer.dispose();
    both.dispose();
  });
});
