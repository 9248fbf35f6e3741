import * as tf from '@tensorflow/tfjs-core';
import { FastSpeech2ConformerModel, regulateLength, spokenFrames, type FastSpeech2Config } from '@hourglass/audio';
import { Generator, normalTensor, scope } from '@hourglass/core';
import { expectGradient, expectValues, useTestBackend } from '@hourglass/core/testing';
import { testModel } from '@hourglass/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawnTokens } from './drawn.js';

const config: FastSpeech2Config = {
  hidden_size: 8,
  vocab_size: 9,
  num_mel_bins: 4,
  encoder_layers: 1,
  encoder_linear_units: 6,
  encoder_kernel_size: 3,
  decoder_layers: 1,
  decoder_linear_units: 6,
  decoder_kernel_size: 3,
  speech_decoder_postnet_layers: 2,
  speech_decoder_postnet_units: 5,
  speech_decoder_postnet_kernel: 3,
  duration_predictor_channels: 5,
  energy_predictor_channels: 5,
  pitch_predictor_channels: 5,
  pitch_predictor_layers: 1,
};

interface Input {
  readonly tokens: tf.Tensor;
  readonly pitch: tf.Tensor;
  readonly energy: tf.Tensor;
  readonly durations: tf.Tensor;
  readonly spectrogram: tf.Tensor;
}

testModel('FastSpeech 2 Conformer', {
  // what predicts pitch does not see through to the encoder as a rule
  create: (generator) =>
    new FastSpeech2ConformerModel({ ...config, stop_gradient_from_pitch_predictor: false }, generator),
  load: (folder) => FastSpeech2ConformerModel.fromPretrained(folder),
  inputs: [3, 1].map((length) => ({
    name: `${length} tokens`,
    make: (generator: Generator, examples: number): Input => ({
      tokens: drawnTokens([examples, length], 1, 9, generator),
      pitch: normalTensor([examples, length, 1], 0, 1, generator),
      energy: normalTensor([examples, length, 1], 0, 1, generator),
      durations: tf.fill([examples, length], 2, 'int32'),
      spectrogram: normalTensor([examples, 2 * length, 4], 0, 1, generator),
    }),
    gives: (_: Input, examples: number) => ({
      spectrogram: [examples, 2 * length, 4],
      durations: [examples, length],
      pitch: [examples, length, 1],
      energy: [examples, length, 1],
    }),
  })) as [never, never],
  forward: (model, { tokens, ...targets }) =>
    scope(() => {
      const { spectrogram, durations, pitch, energy } = model.forward(tokens, targets);
      return { spectrogram, durations, pitch, energy };
    }),
  training: 'random',
  withoutGradient: {
    '.*linear_k\\.bias': 'an attention gives the same whatever all its keys are moved by',
    '.*depthwise_conv\\.bias': 'batch norm takes the mean out again',
  },
  wrong: [
    {
      name: 'frames that durations do not make',
      make: () => ({
        tokens: tf.zeros([1, 2], 'int32'),
        pitch: tf.zeros([1, 2, 1]),
        energy: tf.zeros([1, 2, 1]),
        durations: tf.fill([1, 2], 2, 'int32'),
        spectrogram: tf.zeros([1, 5, 4]),
      }),
    },
  ],
});

describe('FastSpeech 2', () => {
  beforeAll(() => useTestBackend('wasm'));

  it('speaks as long as it predicts, slower when asked to, and leaves nothing behind', async () => {
    const model = new FastSpeech2ConformerModel(config, new Generator(1)).eval();
    model.duration_predictor.linear.bias!.assign(tf.tensor1d([1.4]));
    const tokens = drawnTokens([2, 5], 1, 9, new Generator(2));
    const mask = tf.tensor2d([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], [2, 5], 'int32');
    const before = tf.memory().numTensors;
    const lengthOf = async (speed?: number): Promise<number[]> => {
      const result = await model.infer(tokens, { mask, speed });
      const { lengths, spectrogram, durations } = result;
      expect(spectrogram.shape).toEqual([2, Math.max(...lengths), 4]);
      expect([...tf.tidy(() => tf.slice(durations, [1, 3]).dataSync())]).toEqual([0, 0]);
      tf.dispose({ ...result, lengths: null } as never);
      return lengths;
    };
    const usual = await lengthOf();
    const slow = await lengthOf(2);
    expect(usual[0]).toBeGreaterThan(5);
    expect(slow).toEqual(usual.map((length) => 2 * length));
    await expect(model.infer(tokens, { speed: 0 })).rejects.toThrow(/speed must be above 0/);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('repeats states as long as they last, with their gradient', () => {
    const x = tf.tensor3d([1, 2, 3, 4, 5, 6], [2, 3, 1]);
    const durations = [
      [2, 0, 1],
      [0, 1, 1],
    ];
    expectValues(regulateLength(x, durations), [1, 1, 3, 5, 6, 0]);
    expectGradient((y) => regulateLength(y!, durations), [x]);
    expect(spokenFrames([[1, 3, 5]], 0.5)).toEqual([[0, 2, 2]]);
    expect(spokenFrames([[0, 0]])).toEqual([[1, 1]]);
    expect(() => regulateLength(x, [[1, 1, 1]])).toThrow(/for each of \[2, 3\] tokens/);
    expect(() =>
      regulateLength(x, [
        [1, 1, -1],
        [1, 1, 1],
      ]),
    ).toThrow(/whole frames/);
  });

  it('refuses configurations that no model can be made with', () => {
    const make = (more: FastSpeech2Config) => new FastSpeech2ConformerModel({ ...config, ...more });
    expect(() => make({ encoder_kernel_size: 4 })).toThrow(/encoder_kernel_size must be odd/);
    expect(() => make({ decoder_num_attention_heads: 3 })).toThrow(/does not divide/);
    expect(() => make({ use_weighted_masking: true })).toThrow(/cannot both be true/);
  });
});
