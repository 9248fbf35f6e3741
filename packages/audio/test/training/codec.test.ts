import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { exampleContext, fromArray, Generator, manualSeed, scope, type Module } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  createDiscriminator,
  DacModel,
  discriminatorNames,
  evaluateCodec,
  loadCodec,
  SoundStream,
  trainCodec,
  usualCodebooks,
  type Sounds,
  type TrainCodecOptions,
} from '@hourglass/audio';
import * as tf from '@tensorflow/tfjs-core';
import { NoisySegments } from '../../src/training/codec/noisy-segments.js';
import { SoundSegments } from '../../src/training/codec/segments.js';

beforeAll(() => useTestBackend('wasm'));

/** Chords whose notes rise and fall. */
function chords(count: number, seed: number, sampleRate = 8000): Sounds {
  const generator = new Generator(seed);
  const items = Array.from({ length: count }, (_, i) => {
    const notes = Array.from({ length: 3 }, () => [generator.uniform(100, 800), generator.uniform(0, 6)] as const);
    const samples = Float32Array.from({ length: 4000 + 100 * i }, (_, t) =>
      notes.reduce((sum, [f, p]) => sum + 0.1 * Math.sin((2 * Math.PI * f * t) / sampleRate + p), 0),
    );
    return { name: `chord ${i}`, waveform: { channels: [samples], sampleRate } };
  });
  return fromArray(items);
}

const codecConfig = {
  sampling_rate: 8000,
  num_filters: 4,
  hidden_size: 16,
  upsampling_ratios: [4, 5],
  num_residual_layers: 1,
  residual_kernel_size: 3,
  compress: 2,
  num_quantizers: 4,
  codebook_size: 32,
  revive: 0.2,
};

/** All that it draws comes from the default generator, which runs save. */
const codec = (seed = 1): SoundStream => {
  manualSeed(seed);
  return new SoundStream(codecConfig);
};

/** Every number of a module, as text that is quickly compared. */
const numbers = (module: Module): string =>
  [...module.namedState()].map(([name, { value }]) => `${name} ${[...value.dataSync()].join(' ')}`).join('\n');

const quick: TrainCodecOptions = {
  batchSize: 4,
  segment: 0.1,
  melWindows: [64, 256],
  weights: { time: 1 },
  fit: { reporter: { start() {}, step() {}, scores() {}, message() {}, end() {} } },
};

describe('trainCodec', () => {
  it('learns: held-out sound comes back better, and better with every codebook', async () => {
    const held = chords(4, 99);
    const untrained = codec();
    const model = codec();
    await trainCodec(model, chords(20, 1), { ...quick, steps: 100, learningRate: 2e-3 });
    const scores = await evaluateCodec(model, held);
    expect(scores.map(({ codebooks, bitRate }) => [codebooks, bitRate])).toEqual([[1, 2000], [2, 4000], [4, 8000]]); // prettier-ignore
    const ratios = scores.map(({ siSdr }) => siSdr);
    expect(ratios).toEqual(ratios.toSorted((a, b) => a - b));
    expect(ratios.at(-1)).toBeGreaterThan(ratios[0]! + 2);
    expect(ratios.at(-1)).toBeGreaterThan(5);
    expect(ratios.at(-1)).toBeGreaterThan((await evaluateCodec(untrained, held)).at(-1)!.siSdr + 5);
    model.dispose();
    untrained.dispose();
  });

  it('trains with discriminators, and a run that was stopped ends with the weights of an unbroken one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hourglass-codec-'));
    const run = async (where: string, stopAt: number, resume = false) => {
      const model = codec(3);
      const discriminator = createDiscriminator('multi-period', { width: 0.05 });
      const controller = new AbortController();
      const before = tf.memory().numTensors;
      const result = await trainCodec(model, chords(3, 1), {
        ...quick,
        epochs: 2,
        discriminator,
        adversarialFrom: 2,
        validation: chords(1, 5),
        run: join(folder, where),
        resume,
        fit: {
          ...quick.fit,
          signal: controller.signal,
          logEvery: 1,
          callbacks: { onStep: ({ step }) => void (step === stopAt && controller.abort()) },
        },
      });
      expect(tf.memory().numTensors).toBe(before);
      const states = [numbers(model), numbers(discriminator)];
      model.dispose();
      discriminator.dispose();
      return { states, result };
    };
    const whole = await run('whole', Infinity);
    await run('parts', 5);
    const rest = await run('parts', Infinity, true);
    expect(rest.states.every((state, i) => state === whole.states[i])).toBe(true);
    const lines = (where: string) => readFileSync(join(folder, where, 'metrics.jsonl'), 'utf8');
    expect(lines('parts')).toBe(lines('whole'));
    const steps = lines('whole').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
    // until step 2 they learn, and the codec does not hear them
    expect(steps[0]).toHaveProperty('discriminator');
    expect(steps[0]).not.toHaveProperty('adversarial');
    expect(steps.find(({ step, kind }) => step === 3 && kind === 'step')).toMatchObject({
      discriminator: expect.any(Number) as unknown,
      adversarial: expect.any(Number) as unknown,
      features: expect.any(Number) as unknown,
    });
    expect(steps.at(-1)).toMatchObject({ kind: 'validation', 'siSdr.4': expect.any(Number) as unknown });
    // what is saved is the codec alone
    const loaded = await loadCodec(whole.result.latestCheckpoint!);
    expect(numbers(loaded) === whole.states[0]).toBe(true);
    loaded.dispose();
    expect(
      existsSync(join(folder, 'whole/checkpoints')) && readdirSync(join(folder, 'whole/checkpoints')).length,
    ).toBeGreaterThan(1);
    rmSync(folder, { recursive: true });
  });

  it('learns with a condition to take noise out or to leave it', async () => {
    manualSeed(5);
    const model = new SoundStream({ ...codecConfig, denoise: 'decoder' });
    await trainCodec(model, chords(4, 1), { ...quick, steps: 3, noise: [0, 10] });
    // it began as a way through, and now does one thing when told to and another when not
    scope(() => {
      const x = tf.ones([1, 4, 16]);
      const [on, off] = [true, false].map((denoise) => model.decodeLatent(x, denoise).dataSync());
      expect(on!.some((value, i) => value !== off![i])).toBe(true);
    });
    model.dispose();
    const plain = codec();
    await expect(trainCodec(plain, chords(2, 1), { ...quick, steps: 1, noise: [0, 10] })).rejects.toThrow(
      'only a SoundStream with a condition',
    );
    plain.dispose();
  });

  it('gives a model with a condition noisy pieces, and what is to come of them', async () => {
    const segments = await SoundSegments.open(chords(3, 1), { sampleRate: 8000, channels: 1 }, 0.1);
    const noisy = new NoisySegments(segments, [5, 10]);
    const seen = { kept: 0, removed: 0, clean: 0 };
    for (let i = 0; i < 60; i++) {
      const context = () => exampleContext(i, 0, i % noisy.length);
      const { input, target, denoise } = await noisy.get(i % noisy.length, context());
      const { values: clean } = await segments.get(i % noisy.length, context());
      const [noise, wanted] = [input, target].map(({ values }) => values.map((value, t) => value - clean[t]!));
      const power = (x: Float32Array): number => x.reduce((sum, value) => sum + value * value, 0);
      const snr = 10 * Math.log10(power(clean) / power(noise!));
      if (snr === Infinity) seen.clean++;
      else {
        expect(snr).toBeGreaterThan(4.99);
        expect(snr).toBeLessThan(10.01);
        seen[denoise[0] === 1 ? 'removed' : 'kept']++;
      }
      expect([...wanted!]).toEqual([...(denoise[0] === 1 ? new Float32Array(clean.length) : noise!)]);
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(5);
  });

  it('refuses recordings that the codec does not take, and names them', async () => {
    const model = codec();
    const wrong = trainCodec(model, chords(2, 1, 16_000), { ...quick, steps: 1 });
    await expect(wrong).rejects.toThrow('chord 0: the sound has 16000 samples a second, the model takes 8000');
    await expect(trainCodec(model, fromArray([]), { ...quick, steps: 1 })).rejects.toThrow('no recordings');
    const onStep = vi.fn();
    const late = trainCodec(model, chords(2, 1), {
      ...quick,
      steps: 1,
      validation: chords(2, 1, 16_000),
      fit: { ...quick.fit, callbacks: { onStep } },
    });
    await expect(late).rejects.toThrow('chord 0: the sound has 16000 samples a second');
    expect(onStep).not.toHaveBeenCalled();
    await expect(evaluateCodec(model, chords(1, 1), [5])).rejects.toThrow('has 4 codebooks, cannot use 5');
    expect(() => createDiscriminator('none' as never)).toThrow('there are ms-stft, soundstream, multi-period');
    model.dispose();
  });

  it('scores leave out what silence does not have', async () => {
    const model = codec();
    const sounds = await Promise.all([0, 1].map((i) => chords(2, 1).get(i)));
    const silence = { name: 'silence', waveform: { channels: [new Float32Array(900)], sampleRate: 8000 } };
    const [alone] = await evaluateCodec(model, fromArray(sounds), [2]);
    const [beside] = await evaluateCodec(model, fromArray([silence, ...sounds]), [2]);
    expect(alone!.siSdr).toBeLessThan(100);
    expect(beside!.siSdr).toBeCloseTo(alone!.siSdr, 6);
    model.dispose();
  });

  it('scores codecs that leave out what is no whole frame', async () => {
    const config = { encoder_hidden_size: 2, decoder_hidden_size: 12, downsampling_ratios: [4, 5], n_codebooks: 2 };
    const model = new DacModel({ ...config, codebook_size: 16, codebook_dim: 3, sampling_rate: 8000 });
    const generator = new Generator(1);
    const channels = [Float32Array.from({ length: 997 }, () => generator.uniform(-0.5, 0.5))];
    const [score] = await evaluateCodec(model, fromArray([{ waveform: { channels, sampleRate: 8000 } }]), [1]);
    expect(Number.isFinite(score!.siSdr) && Number.isFinite(score!.melDistance)).toBe(true);
    model.dispose();
  });

  it('makes the discriminators of every name', () => {
    for (const name of discriminatorNames) {
      const discriminator = createDiscriminator(name, { width: 0.05 });
      scope(() => void expect(discriminator.forward(tf.zeros([1, 2400, 1])).logits.length).toBeGreaterThan(2));
      discriminator.dispose();
    }
  });

  it('counts codebooks in powers of two, up to all', () => {
    expect(usualCodebooks(8)).toEqual([1, 2, 4, 8]);
    expect(usualCodebooks(6)).toEqual([1, 2, 4, 6]);
    expect(usualCodebooks(1)).toEqual([1]);
  });
});
