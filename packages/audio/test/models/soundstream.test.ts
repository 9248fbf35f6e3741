import { beforeAll, describe, expect, it } from 'vitest';
import { Generator, normalTensor, Parameter, scope, valueAndGradients } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import { testModel } from '@hourglass/testing';
import { SoundStream, type SoundStreamConfig } from '@hourglass/audio';
import * as tf from '@tensorflow/tfjs-core';

beforeAll(() => useTestBackend('wasm'));

const small: Partial<SoundStreamConfig> = {
  sampling_rate: 8000,
  num_filters: 2,
  hidden_size: 4,
  upsampling_ratios: [3, 2],
  num_residual_layers: 2,
  residual_kernel_size: 3,
  num_quantizers: 3,
  codebook_size: 8,
  revive: 0,
};

testModel('SoundStream', {
  create: (generator) => new SoundStream({ ...small, quantizer_dropout: 0 }, { generator }),
  load: (folder) => SoundStream.fromPretrained(folder),
  inputs: [25, 12, 1].map((length) => ({
    name: `${length} samples`,
    make: (generator: Generator, examples: number) => normalTensor([examples, length, 1], 0, 0.3, generator),
    gives: (_: tf.Tensor, examples: number) => ({
      audio: [examples, length, 1],
      codes: [examples, Math.ceil(length / 6), 3],
    }),
  })) as never,
  forward: (model, x) =>
    scope(() => {
      const { audio, codes } = model.forward(x);
      return { audio, codes };
    }) as never,
  withoutGradient: {
    '.*block\\.1\\.conv\\.(weight|bias)': 'the convolution behind it in a residual unit begins with zeros',
  },
  wrong: [
    { name: 'too many channels', make: () => tf.zeros([1, 30, 2]) },
    { name: 'sound without channels', make: () => tf.zeros([1, 30]) },
  ],
  except: {
    modes: 'the codebooks learn in every pass in training',
    'finite differences':
      'the straight-through gradient of the codes is not their slope; the networks are checked alone',
    backends:
      'a code that two backends round apart changes everything behind it; codes are compared in the tests of kernels',
  },
});

describe('SoundStream', () => {
  const sound = (length: number) => tf.reshape(tf.mul(tf.sin(tf.mul(tf.range(0, length), 0.1)), 0.05), [1, length, 1]);

  it('begins as a transform and its transpose, from which quiet sound comes back', () => {
    const generator = new Generator(1);
    // as many numbers as samples, and wide enough at every stage
    const whole = new SoundStream(
      { ...small, num_filters: 8, upsampling_ratios: [3, 4], hidden_size: 12 },
      { generator },
    );
    scope(() => {
      const x = tf.mul(normalTensor([1, 480, 1], 0, 1, generator), 1e-3);
      const y = whole.decodeLatent(whole.encodeLatent(x));
      const error = tf.div(tf.norm(tf.sub(y, x)), tf.norm(x)).dataSync()[0]!;
      expect(error).toBeLessThan(0.15);
      const latent = whole.encodeLatent(x);
      expect(tf.div(tf.norm(latent), tf.norm(x)).dataSync()[0]).toBeCloseTo(1, 1);
    });
    whole.dispose();
  });

  it('networks have the right gradients', () => {
    const model = new SoundStream(small, { generator: new Generator(2) });
    const x = new Parameter(scope(() => tf.clone(sound(24))));
    const loss = (): tf.Tensor => tf.sum(tf.square(model.decodeLatent(model.encodeLatent(x.value))));
    const { value, gradients } = valueAndGradients(loss, [x, ...model.encoder.parameters()]);
    // along the gradient the loss changes by its square
    const norm = scope(() => tf.sum(tf.square(gradients.get(x)!)).dataSync()[0]!);
    const step = 1e-3 / Math.sqrt(norm);
    const former = scope(() => tf.keep(tf.clone(x.value)));
    const at = (sign: number): number =>
      scope(() => {
        x.assign(tf.add(former, tf.mul(gradients.get(x)!, sign * step)));
        return loss().dataSync()[0]!;
      });
    expect((at(1) - at(-1)) / (2 * step) / norm).toBeCloseTo(1, 1);
    tf.dispose([value, former, ...gradients.values()]);
    x.dispose();
    model.dispose();
  });

  it('decodes the first codebooks of an encoding, and gives the codes of fewer as the first of more', () => {
    const model = new SoundStream(small, { generator: new Generator(3) }).eval();
    scope(() => {
      const x = sound(60);
      const { codes } = model.encode(x);
      expect(codes.shape).toEqual([1, 10, 3]);
      const two = model.encode(x, { codebooks: 2 }).codes;
      expect([...two.dataSync()]).toEqual([...tf.slice(codes, [0, 0, 0], [1, 10, 2]).dataSync()]);
      expectClose(model.decode({ codes: two, scales: null, length: 60 }), model.decode(two), { atol: 0 });
      expect(model.bandwidthOf(2)).toBe((2 * 3 * 8000) / 6);
      expect(() => model.encode(x, { codebooks: 4 })).toThrow('has 3 codebooks, cannot use 4');
    });
    model.dispose();
  });

  it('takes noise out where a condition says so, in the encoder or the decoder', () => {
    for (const denoise of ['encoder', 'decoder'] as const) {
      const model = new SoundStream({ ...small, denoise }, { generator: new Generator(4) }).eval();
      scope(() => {
        const x = sound(60);
        const through = (on: boolean | tf.Tensor): tf.Tensor => model.decodeLatent(model.encodeLatent(x, on), on);
        // it begins as the identity
        expectClose(through(true), through(false), { atol: 0 });
        const { weight } = model.film!.linear;
        weight.assign(normalTensor(weight.shape, 0, 1, new Generator(5)));
        const [on, off] = [through(true), through(false)];
        expect(tf.norm(tf.sub(on, off)).dataSync()[0]).toBeGreaterThan(1e-3);
        // frame by frame: the decoder is causal, and so is the encoder
        const half = tf.concat([tf.zeros([1, 5]), tf.ones([1, 5])], 1);
        const mixed = through(half);
        expectClose(tf.slice(mixed, [0, 0, 0], [1, 30, 1]), tf.slice(off, [0, 0, 0], [1, 30, 1]), { atol: 1e-6 });
        model.denoising = true;
        expectClose(
          model.decode(model.encode(x)),
          model.decode(model.encode(x, { denoise: true }), { denoise: true }),
          {
            atol: 0,
          },
        );
      });
      model.dispose();
    }
    const plain = new SoundStream(small);
    expect(() => plain.encode(sound(12), { denoise: true })).toThrow('this SoundStream has no condition');
    plain.dispose();
  });

  it('refuses settings that do not go together', () => {
    expect(() => new SoundStream({ ...small, denoise: 'both' as never })).toThrow('denoise must be none, encoder');
    expect(() => new SoundStream({ ...small, codebook_size: 7 })).toThrow('codebook_size must be a power of 2');
    const before = tf.memory().numTensors;
    for (const [name, value] of [
      ['num_filters', 'x'],
      ['hidden_size', -3],
      ['upsampling_ratios', []],
      ['num_quantizers', 0],
      ['sampling_rate', 0.5],
    ] as const) {
      const settings = { ...small, [name]: value } as Partial<SoundStreamConfig>;
      expect(() => new SoundStream(settings)).toThrow(`SoundStream: ${name} must be positive whole numbers`);
    }
    expect(tf.memory().numTensors).toBe(before);
    expect(() => new SoundStream({ ...small, norm_type: 'batch' })).toThrow("there is no norm 'batch'");
  });
});
