import { Generator, normalTensor, UnsupportedError } from '@hourglass/core';
import { expectClose, useTestBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  encodec48kHz,
  EncodecModel,
  EncodecOriginalModel,
  MimiModel,
  SoundStream,
  type CodecModel,
  type EncodecConfig,
} from '../../../src/index.js';

beforeAll(() => useTestBackend('wasm'));

/** Calls `push` with random pieces of `x`, up to `most` steps long, and joins what comes. */
function inPieces(
  stream: { push(x: tf.Tensor): tf.Tensor | null; end(): tf.Tensor | null; dispose(): void },
  x: tf.Tensor,
  most: number,
  generator: Generator,
): tf.Tensor {
  const pieces: tf.Tensor[] = [];
  for (let at = 0; at < x.shape[1]!;) {
    const next = Math.min(x.shape[1]!, at + generator.integer(0, most + 1));
    const y = stream.push(tf.slice(x, [0, at, 0], [-1, next - at, -1]));
    if (y !== null) pieces.push(y);
    at = next;
  }
  const rest = stream.end();
  if (rest !== null) pieces.push(rest);
  stream.dispose();
  return tf.concat(pieces, 1);
}

const encodec = (generator: Generator, config: Partial<EncodecConfig> = {}): CodecModel<object> =>
  new EncodecModel(
    {
      sampling_rate: 4800,
      hidden_size: 6,
      num_filters: 4,
      upsampling_ratios: [4, 3],
      codebook_size: 16,
      target_bandwidths: [6.4],
      ...config,
    },
    { generator },
  ).eval();

const original = (generator: Generator): CodecModel<object> =>
  new EncodecOriginalModel({ dimension: 6, n_filters: 4, ratios: [3, 2], bins: 16, n_q: 3 }, { generator }).eval();

/** As `facebook/encodec_32khz`: it looks ahead, and so do its frames come later. */
const ahead = (generator: Generator): CodecModel<object> => encodec(generator, { use_causal_conv: false });

const mimi = (generator: Generator): CodecModel<object> =>
  new MimiModel(
    {
      sampling_rate: 1200,
      hidden_size: 8,
      num_filters: 4,
      upsampling_ratios: [3, 2],
      codebook_size: 16,
      codebook_dim: 4,
      vector_quantization_hidden_dimension: 4,
      num_quantizers: 3,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      intermediate_size: 12,
      sliding_window: 5,
      upsample_groups: 8,
      layer_scale_initial_scale: 0.5,
    },
    { generator },
  ).eval();

describe.each([
  ['EnCodec', encodec],
  ['EnCodec with zeros before', (generator: Generator) => encodec(generator, { pad_mode: 'constant' })],
  ['EnCodec under its own names', original],
  ['EnCodec that looks ahead', ahead],
  ['Mimi', mimi],
])('%s', (_, create) => {
  it('makes of pieces what it makes of the whole', () => {
    const generator = new Generator(1);
    const model = create(generator);
    for (const [length, most] of [
      [331, 7],
      [331, 100],
      [model.hopLength * 9, model.hopLength],
      [model.hopLength, 2],
    ] as const) {
      tf.tidy(() => {
        const x = normalTensor([2, length, 1], 0, 1, generator);
        const { codes } = model.encode(x, { codebooks: 2 });
        const streamed = inPieces(model.streamingEncoder({ codebooks: 2 }), x, most, generator);
        expect(streamed.shape).toEqual(codes.shape);
        expect([...streamed.dataSync()]).toEqual([...codes.dataSync()]);
        const sound = inPieces(model.streamingDecoder(), codes, Math.ceil(most / model.hopLength), generator);
        expectClose(sound, model.decode(codes), { atol: 2e-5 });
      });
    }
  });

  it('leaves no tensor behind, also where a stream is given up', () => {
    const generator = new Generator(2);
    const model = create(generator);
    const x = normalTensor([1, 200, 1], 0, 1, generator);
    const before = tf.memory().numTensors;
    for (const ended of [true, false]) {
      const [encoder, decoder] = [model.streamingEncoder(), model.streamingDecoder()];
      const codes = encoder.push(x)!;
      decoder.push(codes)?.dispose();
      codes.dispose();
      if (ended) for (const stream of [encoder, decoder]) stream.end()?.dispose();
      encoder.dispose();
      decoder.dispose();
    }
    model.reconstruct(x).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says what does not fit a stream', () => {
    const model = create(new Generator(3));
    const encoder = model.streamingEncoder();
    expect(() => encoder.push(tf.zeros([1, 20, 2]))).toThrow(/\[1, 20, 2\]/);
    encoder.push(tf.zeros([1, 20, 1]))?.dispose();
    expect(() => encoder.push(tf.zeros([2, 20, 1]))).toThrow(/\[2, 20, 1\]/);
    encoder.end();
    expect(() => encoder.push(tf.zeros([1, 20, 1]))).toThrow(/ended/);
    expect(() => encoder.end()).toThrow(/ended/);
    encoder.dispose();
    expect(() => model.streamingEncoder({ codebooks: 99 })).toThrow(/99/);
    const decoder = model.streamingDecoder();
    expect(() => decoder.push(tf.zeros([1, 2, 2]))).toThrow(/int32/);
    decoder.dispose();
    expect(() => decoder.push(tf.zeros([1, 2, 2], 'int32'))).toThrow(/ended/);
  });
});

it('a causal model without reflection hears nothing ahead', () => {
  const generator = new Generator(4);
  for (const [model, hears] of [
    [encodec(generator, { pad_mode: 'constant' }), false],
    [encodec(generator, { pad_mode: 'replicate' }), false],
    [mimi(generator), false],
    [
      new EncodecModel(
        { hidden_size: 6, num_filters: 4, upsampling_ratios: [4, 3], use_causal_conv: false },
        { generator },
      ),
      true,
    ],
  ] as const) {
    const frame = 4;
    const gradient = tf.tidy(() => {
      const heard = tf.grad((x: tf.Tensor) => tf.sum(tf.slice(model.encodeLatent(x), [0, frame, 0], [1, 1, -1])));
      return heard(normalTensor([1, model.hopLength * 8, 1], 0, 1, generator)).dataSync();
    });
    const end = (frame + 1) * model.hopLength;
    expect(gradient.slice(0, end).some((g) => g !== 0)).toBe(true);
    expect(gradient.slice(end).some((g) => g !== 0)).toBe(hears);
  }
});

it('models that need the whole sound say that they cannot', () => {
  const tiny = { num_filters: 2, hidden_size: 4, upsampling_ratios: [8], target_bandwidths: [60] };
  const normed = { num_filters: 2, hidden_size: 4, upsampling_ratios: [8], norm_type: 'time_group_norm' } as const;
  const models = [{ ...encodec48kHz }, { norm_type: 'time_group_norm' }, { normalize: true }].map(
    (whole): CodecModel<object> => new EncodecModel({ ...whole, ...tiny }),
  );
  for (const model of [...models, new SoundStream(normed)]) {
    expect(model.canStream).toBe(false);
    expect(() => model.streamingEncoder()).toThrow(UnsupportedError);
    expect(() => model.streamingDecoder()).toThrow(UnsupportedError);
  }
});
