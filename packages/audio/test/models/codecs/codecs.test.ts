import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, HourglassError, normalTensor, savePretrained } from '@hourglass/core';
import { capability, expectClose, expectValues, useTestBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  AutoencoderOobleck,
  DacModel,
  encodec48kHz,
  encodecFamilies,
  EncodecModel,
  EncodecOriginalModel,
  MimiModel,
  type CodecModel,
  type EncodecConfig,
} from '../../../src/index.js';

beforeAll(() => useTestBackend('wasm'));

const small: Partial<EncodecConfig> = {
  sampling_rate: 4800,
  hidden_size: 6,
  num_filters: 4,
  upsampling_ratios: [3, 2],
  codebook_size: 16,
  target_bandwidths: [3.2, 9.6],
};

const smallMimi = {
  sampling_rate: 1200,
  hidden_size: 8,
  num_filters: 4,
  upsampling_ratios: [3, 2],
  codebook_size: 16,
  codebook_dim: 8,
  vector_quantization_hidden_dimension: 8,
  num_quantizers: 3,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 2,
  intermediate_size: 12,
  upsample_groups: 8,
};

const smallDac = {
  encoder_hidden_size: 2,
  downsampling_ratios: [2, 3],
  decoder_hidden_size: 12,
  n_codebooks: 3,
  codebook_size: 16,
  codebook_dim: 3,
};

it.each([
  ['EnCodec at 24 kHz', () => new EncodecModel({ num_filters: 1, hidden_size: 2, compress: 1 }), 75, 32, 24_000],
  [
    'EnCodec at 48 kHz',
    () => new EncodecModel({ ...encodec48kHz, num_filters: 1, hidden_size: 2, compress: 1 }),
    150,
    16,
    24_000,
  ],
  [
    'DAC at 44.1 kHz',
    () =>
      new DacModel({
        encoder_hidden_size: 1,
        decoder_hidden_size: 16,
        sampling_rate: 44_100,
        downsampling_ratios: [2, 4, 8, 8],
      }),
    44_100 / 512,
    9,
    (9 * 10 * 44_100) / 512,
  ],
  [
    'Mimi',
    () =>
      new MimiModel({
        ...smallMimi,
        sampling_rate: 24_000,
        upsampling_ratios: [8, 6, 5, 4],
        num_filters: 2,
        codebook_size: 2048,
        num_quantizers: 8,
      }),
    12.5,
    8,
    1100,
  ],
] as const)(
  '%s sends codebooks · log2 of their size · frame rate bits a second',
  (_, create, frameRate, codebooks, bits) => {
    const model: CodecModel<object> = create();
    expect(model.frameRate).toBe(frameRate);
    expect(model.numCodebooks).toBe(codebooks);
    expect(model.bandwidthOf()).toBe(bits);
    for (let n = 1; n <= codebooks; n++) expect(model.bandwidthOf(n)).toBeCloseTo((n * bits) / codebooks, 6);
    expect(() => model.bandwidthOf(codebooks + 1)).toThrow(HourglassError);
    model.dispose();
  },
);

it('the bits of codes that a second of sound gives are those of the bandwidth', () => {
  const model = new EncodecModel(small).eval();
  for (const bandwidth of [3.2, 9.6]) {
    const codebooks = model.codebooksFor(bandwidth);
    expect(model.bandwidthOf(codebooks)).toBe(bandwidth * 1000);
    const { codes } = model.encode(tf.zeros([1, model.sampleRate, 1]), { codebooks });
    expect(codes.size * Math.log2(model.codebookSize)).toBe(bandwidth * 1000);
  }
  expect(() => model.codebooksFor(6)).toThrow(/3.2, 9.6/);
});

describe.each([
  ['EnCodec', (generator: Generator): CodecModel<object> => new EncodecModel(small, { generator })],
  [
    'EnCodec of chunks',
    (generator: Generator): CodecModel<object> =>
      new EncodecModel(
        {
          ...small,
          normalize: true,
          chunk_length_s: 0.01,
          overlap: 0.6,
          use_causal_conv: false,
          norm_type: 'time_group_norm',
        },
        { generator },
      ),
  ],
  [
    'EnCodec under its own names',
    (generator: Generator): CodecModel<object> =>
      new EncodecOriginalModel({ dimension: 6, n_filters: 4, ratios: [3, 2], bins: 16, n_q: 3 }, { generator }),
  ],
  ['DAC', (generator: Generator): CodecModel<object> => new DacModel(smallDac, { generator })],
  ['Mimi', (generator: Generator): CodecModel<object> => new MimiModel(smallMimi, { generator })],
])('%s', (_, create) => {
  it('keeps the length of any sound', () => {
    const generator = new Generator(1);
    const model = create(generator).eval();
    for (let i = 0; i < 8; i++) {
      const length = generator.integer(1, 160);
      tf.tidy(() => {
        const x = normalTensor([2, length, 1], 0, 1, generator);
        const back = model.reconstruct(x, { codebooks: 2 });
        expect(back.shape).toEqual(x.shape);
        expect(back.dataSync().every((value) => Number.isFinite(value))).toBe(true);
      });
    }
  });

  it('refuses codes and frames that are not its own', () => {
    const model = create(new Generator(2));
    expect(() => model.decode(tf.zeros([1, 2, 9], 'int32'))).toThrow(HourglassError);
    expect(() => model.decode(tf.zeros([1, 2, 2]))).toThrow(/int32/);
    expect(() => model.decodeLatent(tf.zeros([1, 2, 1]))).toThrow(/\[1, 2, 1\]/);
    expect(() => model.encode(tf.zeros([1, 20, 1]), { codebooks: 0 })).toThrow(/cannot use 0/);
    expect(() => model.encode(tf.zeros([1, 0, 1]))).toThrow(/\[1, 0, 1\]/);
  });

  const checks = capability('checks of values');
  it.skipIf(checks.isMissing)(checks.title('names codes that no codebook has'), () => {
    const model = create(new Generator(2)).eval();
    for (const code of [-1, 16]) {
      const codes = tf.tensor3d([0, 15, 3, code], [1, 2, 2], 'int32');
      expect(() => model.decode(codes)).toThrow(`codes from 0 to 15, got ${code}`);
      expect(() => model.dequantize(codes)).toThrow(`codes from 0 to 15, got ${code}`);
    }
    expect(model.decode(tf.tensor3d([0, 15, 3, 0], [1, 2, 2], 'int32')).rank).toBe(3);
  });
});

it('frames get their gradient through the codes unchanged', () => {
  const generator = new Generator(3);
  for (const model of [new EncodecModel(small, { generator }), new MimiModel(smallMimi, { generator })]) {
    model.eval();
    tf.tidy(() => {
      const frames = normalTensor([2, 5, model.latentChannels], 0, 1, generator);
      const gradient = tf.grad((z: tf.Tensor) => tf.sum(model.quantize(z).value))(frames);
      // of a sum of two quantisers, each of which passes it on
      const expected = model instanceof MimiModel ? 2 : 1;
      expectValues(gradient, new Float32Array(gradient.size).fill(expected), { atol: 0, rtol: 0 });
    });
  }
});

it.each([
  ['EnCodec', (generator: Generator): CodecModel<object> => new EncodecModel(small, { generator })],
  ['Mimi', (generator: Generator): CodecModel<object> => new MimiModel(smallMimi, { generator })],
])('codebooks of %s come nearer to what they see, and more of them are nearer still', (_, create) => {
  const generator = new Generator(4);
  const model = create(generator);
  const frames = normalTensor([4, 50, model.latentChannels], 0, 1, generator);
  const error = (codebooks: number): number =>
    tf.tidy(() => {
      const back = model.dequantize(model.codesOf(frames, codebooks));
      return tf.mean(tf.square(tf.sub(back, frames))).dataSync()[0]!;
    });
  // both of Mimi's quantisers see the frames themselves: the semantic one alone is compared there
  const counts = model instanceof MimiModel ? [1] : [1, 2, 3];
  const before = counts.map(error);
  model.train();
  for (let i = 0; i < 60; i++) tf.tidy(() => void model.quantize(frames));
  model.eval();
  const after = counts.map(error);
  counts.forEach((_, i) => expect(after[i]!).toBeLessThan(0.8 * before[i]!));
  for (let i = 1; i < counts.length; i++) expect(after[i]!).toBeLessThan(after[i - 1]!);
});

it('DAC leaves out codebooks of some examples while it trains', () => {
  const generator = new Generator(5);
  const model = new DacModel({ ...smallDac, quantizer_dropout: 0.5 }, { generator });
  const frames = tf.tile(normalTensor([1, 6, model.latentChannels], 0, 1, generator), [8, 1, 1]);
  const values = (): number[][][] => tf.tidy(() => model.quantize(frames).value.arraySync() as number[][][]);
  const distinct = (all: number[][][]): number => new Set(all.map((value) => JSON.stringify(value))).size;
  const trained = values();
  expect(distinct(trained)).toBeGreaterThan(1);
  expect(distinct(trained.slice(4))).toBe(1);
  model.eval();
  expect(distinct(values())).toBe(1);
});

it('what the mask leaves out counts as silence', () => {
  const generator = new Generator(6);
  const model = new EncodecModel({ ...small, normalize: true }, { generator }).eval();
  const x = normalTensor([1, 30, 1], 0, 1, generator);
  const mask = tf.tensor2d([Array.from({ length: 30 }, (_, i) => Number(i < 20))]);
  const silent = tf.mul(x, tf.expandDims(mask, 2));
  const [masked, expected] = [model.encode(x, { mask }), model.encode(silent)];
  expectClose(masked.scales!, expected.scales!, { rtol: 0, atol: 0 });
  expect([...masked.codes.dataSync()]).toEqual([...expected.codes.dataSync()]);
  expect(() => model.encode(x, { mask: tf.ones([1, 29]) })).toThrow(/\[1, 29\]/);
});

it('louder sound of a normalised model gives the same codes and louder scales', () => {
  const generator = new Generator(7);
  const model = new EncodecModel({ ...small, normalize: true }, { generator }).eval();
  const x = normalTensor([1, 60, 1], 0, 1, generator);
  const [quiet, loud] = [model.encode(x), model.encode(tf.mul(x, 8))];
  expect([...loud.codes.dataSync()]).toEqual([...quiet.codes.dataSync()]);
  expectClose(loud.scales!, tf.mul(quiet.scales!, 8));
  expectClose(model.decode(loud), tf.mul(model.decode(quiet), 8), { atol: 1e-5 });
});

it('parameters have the names of the reference', () => {
  const names = (model: CodecModel<object>): string[] => Array.from(model.namedState(), ([name]) => name);
  const original = names(new EncodecOriginalModel({ dimension: 4, n_filters: 2, ratios: [2], bins: 4, n_q: 1 }));
  for (const name of [
    'encoder.model.0.conv.conv.weight_g',
    'encoder.model.1.block.3.conv.conv.weight_v',
    'decoder.model.1.lstm.bias_hh_l1',
    'decoder.model.3.convtr.convtr.weight_g',
    'quantizer.vq.layers.0._codebook.embed_avg',
    'quantizer.vq.layers.0._codebook.inited',
  ]) {
    expect(original).toContain(name);
  }
  expect(names(new MimiModel(smallMimi))).toContain('encoder_transformer.layers.0.self_attn.o_proj.weight');
});

it('loads checkpoints that name weight norm as torch did before 2.0', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'encodec-'));
  const model = new EncodecModel(small, { generator: new Generator(8) }).eval();
  const rename = encodecFamilies[0]!.rename as readonly (readonly [string, string])[];
  await savePretrained(model, folder, { config: { model_type: 'encodec', ...model.config }, rename });
  const loaded = (await EncodecModel.fromPretrained(folder)).eval();
  const x = normalTensor([1, 40, 1], 0, 1, new Generator(9));
  expectClose(loaded.encodeLatent(x), model.encodeLatent(x), { rtol: 0, atol: 0 });
  await rm(folder, { recursive: true });
});

it('a configuration with values of other types is an error that names the setting', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'encodec-'));
  const model = new EncodecModel(small);
  for (const [name, value] of [
    ['upsampling_ratios', '8'],
    ['num_filters', 'many'],
    ['target_bandwidths', ['1.5']],
    ['use_causal_conv', 'yes'],
    ['codebook_size', [32]],
  ] as const) {
    await savePretrained(model, folder, { config: { model_type: 'encodec', ...model.config, [name]: value } });
    await expect(EncodecModel.fromPretrained(folder)).rejects.toThrow(HourglassError);
    await expect(EncodecModel.fromPretrained(folder)).rejects.toThrow(name);
  }
  await rm(folder, { recursive: true });
});

it.each<[string, () => unknown, RegExp]>([
  ['a codebook of 1000', () => new EncodecModel({ codebook_size: 1000 }), /power of 2, got 1000/],
  ['three channels', () => new EncodecModel({ audio_channels: 3 }), /audio_channels must be 1 or 2, got 3/],
  ['codes of another width', () => new EncodecModel({ codebook_dim: 64 }), /codebook_dim 64/],
  ['batch norm', () => new EncodecModel({ norm_type: 'batch_norm' }), /batch_norm/],
  ['an odd padding', () => new EncodecModel({ pad_mode: 'wrap' }), /'wrap'/],
  ['ratios of nothing', () => new EncodecModel({ upsampling_ratios: [] }), /upsampling_ratios/],
  ['too few bits', () => new EncodecModel({ target_bandwidths: [0.5] }), /less than one codebook's 750/],
  ['chunks without overlap', () => new EncodecModel({ chunk_length_s: 1 }), /overlap/],
  ['spectral norm', () => new EncodecOriginalModel({ norm: 'spectral_norm' }), /spectral_norm is not built/],
  ['causal group norm', () => new EncodecOriginalModel({ norm: 'time_group_norm' }), /not causal/],
  ['half a width', () => new DacModel({ decoder_hidden_size: 4 }), /decoder_hidden_size/],
  ['too many left out', () => new DacModel({ ...smallDac, quantizer_dropout: 2 }), /\[0, 1\], got 2/],
  ['a latent of another width', () => new AutoencoderOobleck({ decoder_input_channels: 60 }), /must be twice/],
  ['a stage too many', () => new AutoencoderOobleck({ channel_multiples: [1, 2] }), /2 channel_multiples for 5/],
  ['semantic codes only', () => new MimiModel({ ...smallMimi, num_semantic_quantizers: 3 }), /must be below/],
  ['other positions', () => new MimiModel({ rope_parameters: { rope_theta: 1, rope_type: 'yarn' } }), /'yarn'/],
  ['heads that do not fit', () => new MimiModel({ ...smallMimi, num_attention_heads: 3 }), /3 heads/],
])('refuses %s', (_, create, message) => {
  const before = tf.memory().numTensors;
  expect(create).toThrow(HourglassError);
  expect(create).toThrow(message);
  expect(tf.memory().numTensors).toBe(before);
});
