import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { layouts, loadStateDict, Parameter, scope, stateDict, valueAndGradients } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import {
  discriminatorLoss,
  EncodecResidualVectorQuantizer,
  featureMatchingLoss,
  generatorLoss,
  LossBalancer,
  MultiPeriodDiscriminator,
  MultiScaleStftDiscriminator,
  MultiScaleWaveDiscriminator,
  type Discriminator,
} from '@hourglass/audio';
import * as tf from '@tensorflow/tfjs-core';

beforeAll(() => useTestBackend('wasm'));

interface DiscriminatorGolden {
  readonly samples: number;
  readonly channels: number;
  /** One list a discriminator. */
  readonly logits: number[][];
  /** Root mean square of each layer. */
  readonly features: number[][];
  readonly losses: Readonly<Record<string, number>>;
  /** By the reference's names: product with a wave, and norm. */
  readonly gradients: Readonly<Record<string, [number, number]>>;
  readonly input_gradient: number[];
}

interface Golden {
  readonly discriminators: Readonly<Record<string, DiscriminatorGolden>>;
  readonly balancer: number[][];
  readonly quantizer: {
    readonly x: number[];
    readonly steps: ReadonlyArray<{
      readonly codes: number[];
      readonly value: number[];
      readonly losses: number[];
      readonly gradient: number[];
      readonly layers: ReadonlyArray<{ embed: number[]; embed_avg: number[]; cluster_size: number[] }>;
    }>;
  };
}

const golden = JSON.parse(
  readFileSync(new URL('goldens/codec-training.json', import.meta.url), 'utf8'),
) as unknown as Golden;

const wave = (count: number, k: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(0.9 * i + 0.5 * k)); // prettier-ignore

/** [2, channels, time] as the references have it, to [2, time, channels]. */
const swapped = (values: readonly number[], channels: number): tf.Tensor =>
  tf.transpose(tf.tensor3d([...values], [2, channels, values.length / 2 / channels]), [0, 2, 1]);

const sound = (channels: number, time: number, k: number): tf.Tensor => {
  const other = wave(2 * channels * time, k + 3);
  const values = wave(2 * channels * time, k).map((value, i) => 0.6 * value * Math.sqrt(Math.abs(other[i]!)));
  return scope(() => swapped(values, channels));
};

const asTheyAre = (name: string): string => name;
/** MelGAN's names. */
const ofMelGan = (name: string): string =>
  name
    .replace(/^model\.disc_(\d+)\.model\.layer_3\./, 'discriminators.$1.layers.3.0.')
    .replace(/^model\.disc_(\d+)\.model\.layer_4\./, 'discriminators.$1.last.')
    .replace(/^model\.disc_(\d+)\.model\.layer_(\d)\./, 'discriminators.$1.layers.$2.')
    .replace(/\.layers\.(\d)\.\d\.(\d\.)?/, '.layers.$1.')
    .replace('weight_g', 'parametrizations.weight.original0')
    .replace('weight_v', 'parametrizations.weight.original1');

const cases: ReadonlyArray<readonly [string, () => Discriminator, (name: string) => string]> = [
  ['ms-stft', () => new MultiScaleStftDiscriminator({ channels: 2, filters: 2, nFfts: [16, 8] }), asTheyAre],
  ['multi-period', () => new MultiPeriodDiscriminator({ periods: [2, 3], widths: [3, 4, 5, 6, 6] }), asTheyAre],
  [
    'multi-scale-wave',
    () => new MultiScaleWaveDiscriminator({ scales: 2, filters: 4, downsampling: 2, maxFilters: 16 }),
    ofMelGan,
  ],
];

describe.each(cases)('the discriminator %s', (name, create, ownName) => {
  it("has the reference's logits, layers, losses and gradients", () => {
    const expected = golden.discriminators[name]!;
    const model = create();
    const state = stateDict(model);
    const names = Object.keys(expected.gradients);
    for (const [k, theirs] of names.entries()) {
      const stored = state.get(ownName(theirs));
      expect(stored, theirs).toBeDefined();
      const size = tf.util.sizeFromShape([...stored!.shape]);
      const fan = stored!.shape.length > 1 ? size / stored!.shape[0]! : 4;
      const values = wave(size, k).map((v) => (v * 0.9) / Math.sqrt(fan) + (theirs.endsWith('weight_g') ? 0.8 : 0));
      state.set(ownName(theirs), { ...stored!, bytes: new Uint8Array(Float32Array.from(values).buffer) });
    }
    expect(state.size).toBe(names.length);
    loadStateDict(model, state);
    const { samples, channels } = expected;
    const real = sound(channels, samples, 1);
    const fake = new Parameter(sound(channels, samples, 2));
    scope(() => {
      const judged = { real: model.forward(real), fake: model.forward(fake.value) };
      for (const [i, logits] of judged.fake.logits.entries()) {
        // references have channels, of which there is one, before the rest
        expectClose(tf.reshape(logits, [-1]), tf.tensor1d(expected.logits[i]!), { atol: 2e-6 });
      }
      const sizes = judged.fake.features.map((layers) => layers.map((x) => tf.sqrt(tf.mean(tf.square(x))).dataSync()[0]!)); // prettier-ignore
      expectClose(tf.tensor1d(sizes.flat()), tf.tensor1d(expected.features.flat()), { atol: 2e-6 });
      const losses = {
        hinge: discriminatorLoss(judged.real, judged.fake),
        leastSquares: discriminatorLoss(judged.real, judged.fake, 'least-squares'),
        generatorHinge: generatorLoss(judged.fake),
        generatorLeastSquares: generatorLoss(judged.fake, 'least-squares'),
        features: featureMatchingLoss(judged.real, judged.fake, { relative: false }),
      };
      for (const [loss, value] of Object.entries(losses)) expect(value.dataSync()[0], loss).toBeCloseTo(expected.losses[loss]!, 5); // prettier-ignore
      const { gradients: own } = valueAndGradients(
        () => discriminatorLoss(model.forward(real), model.forward(fake.value), 'least-squares'),
        model.parameters(),
      );
      const parameters = new Map(model.namedParameters());
      for (const [theirs, [product, norm]] of Object.entries(expected.gradients)) {
        const parameter = parameters.get(ownName(theirs))!;
        const values = layouts.toCheckpoint(parameter.layout, own.get(parameter)!.dataSync(), parameter.shape);
        const along = wave(values.length, 7).reduce((sum, v, i) => sum + v * values[i]!, 0);
        expect(Math.abs(along - product), theirs).toBeLessThan(1e-5 * (1 + norm));
        expect(Math.abs(Math.hypot(...values) - norm), theirs).toBeLessThan(1e-5 * (1 + norm));
      }
      const { gradients } = valueAndGradients(() => {
        const judgement = model.forward(fake.value);
        const features = featureMatchingLoss(model.forward(real), judgement, { relative: false });
        return tf.add(generatorLoss(judgement, 'least-squares'), features);
      }, [fake]);
      expectClose(gradients.get(fake)!, swapped(expected.input_gradient, channels), { atol: 2e-6 });
    });
    for (const made of [model, real, fake]) made.dispose();
  });
});

it("the balancer gives the reference's gradients, step after step", () => {
  const balancer = new LossBalancer({ a: 1, b: 3 }, { decay: 0.9 });
  for (const [i, expected] of golden.balancer.entries()) {
    const x = new Parameter(sound(1, 10, i + 1));
    scope(() => {
      const { gradients } = valueAndGradients(
        () =>
          balancer.forward(x.value, {
            a: (y) => tf.mul(tf.mean(tf.abs(y)), i + 1),
            b: (y) => tf.sum(tf.square(y)),
          }).loss,
        [x],
      );
      expectClose(gradients.get(x)!, swapped(expected, 1), { atol: 1e-6 });
    });
    x.dispose();
  }
  balancer.dispose();
});

it("the residual quantiser learns as the reference's: codes, loss, gradient and moving averages", () => {
  const quantizer = new EncodecResidualVectorQuantizer(2, 4, 3, { decay: 0.9, revive: 0 });
  const buffers = () => [...quantizer.layers].map(({ embed, embed_avg, cluster_size }) => ({ embed, embed_avg: embed_avg!, cluster_size })); // prettier-ignore
  scope(() => {
    for (const [k, { embed, embed_avg, cluster_size }] of buffers().entries()) {
      embed.assign(tf.mul(tf.tensor2d(wave(12, k), [4, 3]), 0.8 / (k + 1)));
      embed_avg.assign(tf.tensor2d(wave(12, k + 5), [4, 3]));
      cluster_size.assign(tf.add(tf.tensor1d([1.5, 0.25, 2, 1]), k));
    }
  });
  for (const [step, expected] of golden.quantizer.steps.entries()) {
    const x = new Parameter(tf.mul(tf.tensor3d(golden.quantizer.x, [2, 5, 3]), 1 + 0.1 * step));
    scope(() => {
      const { aux, value, gradients } = valueAndGradients(() => {
        const { penalty, codes, value: quantized } = quantizer.forward(x.value);
        return { value: penalty, aux: { codes: codes!, quantized } };
      }, [x]);
      const { codes, quantized } = aux as unknown as { codes: tf.Tensor; quantized: tf.Tensor };
      expect([...codes.dataSync()]).toEqual(expected.codes);
      expectClose(quantized, tf.tensor3d(expected.value, [2, 5, 3]), { atol: 1e-6 });
      expect(value.dataSync()[0]).toBeCloseTo(expected.losses[0]! + expected.losses[1]!, 5);
      expectClose(gradients.get(x)!, tf.tensor3d(expected.gradient, [2, 5, 3]), { atol: 1e-6 });
      for (const [i, own] of buffers().entries()) {
        const theirs = expected.layers[i]!;
        expectClose(own.embed.value, tf.tensor2d(theirs.embed, [4, 3]), { atol: 1e-5 });
        expectClose(own.embed_avg.value, tf.tensor2d(theirs.embed_avg, [4, 3]), { atol: 1e-6 });
        expectClose(own.cluster_size.value, tf.tensor1d(theirs.cluster_size), { atol: 1e-6 });
      }
    });
    x.dispose();
  }
  quantizer.dispose();
});
