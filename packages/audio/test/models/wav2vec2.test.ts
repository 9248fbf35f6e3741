import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Generator, savePretrained, uniformTensor, valueAndGradients } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import {
  HubertForCTC,
  HubertModel,
  Wav2Vec2ForCTC,
  Wav2Vec2ForPreTraining,
  Wav2Vec2Model,
  type SpeechConfig,
} from '@hourglass/audio';

const small: SpeechConfig = {
  conv_dim: [6, 8],
  conv_kernel: [5, 3],
  conv_stride: [4, 2],
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 10,
  num_conv_pos_embeddings: 4,
  num_conv_pos_embedding_groups: 2,
  vocab_size: 7,
  layerdrop: 0,
  mask_time_length: 2,
};

let folder: string;
beforeAll(async () => {
  await useTestBackend('wasm');
  folder = await mkdtemp(join(tmpdir(), 'speech-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sound = (n: number, samples: number): tf.Tensor => uniformTensor([n, samples], -1, 1, new Generator(3));
const sameValues = (a: tf.Tensor, b: tf.Tensor): boolean => tf.util.arraysEqual([...a.dataSync()], [...b.dataSync()]);

describe('padding', () => {
  it('changes nothing of a sound whose length is told, where layers are normed frame by frame', () => {
    const model = new Wav2Vec2ForCTC(
      { ...small, feat_extract_norm: 'layer', do_stable_layer_norm: true },
      new Generator(1),
    ).eval();
    const alone = sound(1, 61);
    const short = model.forward(alone).logits;
    const frames = model.frames(61);
    const padded = tf.concat([alone, tf.fill([1, 39], 5)], 1);
    const told = tf.slice(model.forward(padded, { lengths: [61] }).logits, [0, 0, 0], [1, frames, 7]);
    const untold = tf.slice(model.forward(padded).logits, [0, 0, 0], [1, frames, 7]);
    const gap = (y: tf.Tensor): number => tf.max(tf.abs(tf.sub(y, short))).dataSync()[0]!;
    expect(gap(told)).toBeLessThan(1e-5);
    expect(gap(untold)).toBeGreaterThan(1e-3);
    model.dispose();
  });

  it('does not count for the CTC loss', () => {
    const model = new Wav2Vec2ForCTC(small, new Generator(1)).eval();
    const logits = uniformTensor([1, 6, 7], -1, 1, new Generator(4));
    const long = tf.concat([logits, tf.fill([1, 5, 7], 9)], 1);
    const samples = Array.from({ length: 200 }, (_, i) => i).find((count) => model.frames(count) === 6)!;
    const loss = (y: tf.Tensor): number => model.loss(y, [[3, 4]], [samples]).dataSync()[0]!;
    expect(loss(long)).toBeCloseTo(loss(logits), 5);
    model.dispose();
  });

  it('needs lengths that fit', () => {
    const model = new Wav2Vec2Model(small, new Generator(1));
    expect(() => model.forward(sound(2, 60), { lengths: [60] })).toThrow('2 sounds need 2 lengths, got 1');
    expect(() => model.forward(sound(2, 60), { lengths: [60, 61] })).toThrow('sound 1 must lie between 13');
    expect(() => model.forward(sound(2, 60), { lengths: [12, 60] })).toThrow('got 12');
    model.dispose();
  });
});

describe('SpecAugment and layerdrop', () => {
  it('are decided by the generator, in training only', () => {
    const config = { ...small, mask_time_prob: 0.5, mask_feature_prob: 0.3, mask_feature_length: 2, layerdrop: 0.5 };
    const quiet = { hidden_dropout: 0, activation_dropout: 0, attention_dropout: 0 };
    const run = (seed: number, training: boolean): tf.Tensor => {
      const generator = new Generator(7);
      const model = new HubertModel({ ...config, ...quiet }, generator).train(training);
      generator.seed(seed);
      const { lastHiddenState } = model.forward(sound(2, 100), { lengths: [100, 70] });
      model.dispose();
      return lastHiddenState;
    };
    expect(sameValues(run(1, true), run(1, true))).toBe(true);
    expect(sameValues(run(1, true), run(2, true))).toBe(false);
    expect(sameValues(run(1, false), run(2, false))).toBe(true);
  });

  it('puts its vector in place of given frames', () => {
    const model = new Wav2Vec2Model(small, new Generator(1)).eval();
    const x = sound(1, 61);
    const mask = tf.ones([1, model.frames(61)], 'bool');
    const hidden = model.forward(x, { maskTimeIndices: mask }).lastHiddenState;
    // nothing of the sound is left
    expect(sameValues(hidden, model.forward(tf.neg(x), { maskTimeIndices: mask }).lastHiddenState)).toBe(true);
    const other = tf.zeros([1, 3], 'bool');
    expect(() => model.forward(x, { maskTimeIndices: other })).toThrow('a mask of [1, 7] frames is needed, got [1, 3]');
    model.dispose();
    const without = new Wav2Vec2Model({ ...small, mask_time_prob: 0 }, new Generator(1));
    expect(without.masked_spec_embed).toBeNull();
    expect(() => without.forward(x, { maskTimeIndices: mask })).toThrow('no vector for masked frames');
    without.dispose();
  });
});

describe('configurations', () => {
  it.each<[SpeechConfig, string]>([
    [{ conv_dim: [4] }, 'conv_dim, conv_kernel and conv_stride need one number for each layer, got 1, 2 and 2'],
    [{ conv_stride: [2, 0] }, 'conv_stride must hold positive whole numbers, got [2, 0]'],
    [{ feat_extract_norm: 'batch' as 'layer' }, "feat_extract_norm must be 'group' or 'layer', got 'batch'"],
    [{ num_attention_heads: 3 }, 'hidden_size 8 does not divide into num_attention_heads 3'],
    [{ num_conv_pos_embedding_groups: 3 }, 'does not divide into num_conv_pos_embedding_groups 3'],
    [{ ctc_loss_reduction: 'none' as 'sum' }, "ctc_loss_reduction must be 'sum' or 'mean', got 'none'"],
    [{ hidden_act: 'maxout' }, "unknown activation 'maxout'"],
  ])('are refused: %o', (change, message) => {
    expect(() => new Wav2Vec2ForCTC({ ...small, ...change })).toThrow(message);
  });

  it('keep what they do not know', async () => {
    const model = new HubertForCTC({ ...small, torch_dtype: 'float32' }, new Generator(1));
    await model.savePretrained(join(folder, 'kept'));
    const config = JSON.parse(await readFile(join(folder, 'kept/config.json'), 'utf8')) as Record<string, unknown>;
    expect(config).toMatchObject({ model_type: 'hubert', architectures: ['HubertForCTC'], torch_dtype: 'float32' });
    model.dispose();
  });
});

describe('checkpoints', () => {
  it('of old versions of torch name the parts of a normed weight otherwise', async () => {
    const model = new Wav2Vec2ForCTC(small, new Generator(1)).eval();
    const path = join(folder, 'legacy');
    await savePretrained(model, path, {
      config: model.checkpointConfig(),
      rename: [
        ['{place*}.weight_g', '{place*}.parametrizations.weight.original0'],
        ['{place*}.weight_v', '{place*}.parametrizations.weight.original1'],
      ],
    });
    expect(await readFile(join(path, 'model.safetensors'), 'latin1')).toContain('pos_conv_embed.conv.weight_g');
    const x = sound(1, 61);
    for (const load of [Wav2Vec2ForCTC, Wav2Vec2Model]) {
      const loaded = (await load.fromPretrained(path)).eval();
      expect(sameValues(loaded.forward(x).lastHiddenState, model.forward(x).lastHiddenState)).toBe(true);
      loaded.dispose();
    }
    model.dispose();
  });

  it('of pre-training lend their encoder to a new head', async () => {
    const trained = new Wav2Vec2ForPreTraining({ ...small, codevector_dim: 6 }, new Generator(1)).eval();
    await trained.savePretrained(join(folder, 'pre'));
    const reader = (await Wav2Vec2ForCTC.fromEncoder(join(folder, 'pre'), { vocab_size: 5 })).eval();
    const x = sound(1, 61);
    const { logits, lastHiddenState } = reader.forward(x);
    expect(logits.shape).toEqual([1, 7, 5]);
    expect(sameValues(lastHiddenState, trained.wav2vec2.forward(x).lastHiddenState)).toBe(true);
    // and no other way: its head is missing
    await expect(Wav2Vec2ForCTC.fromPretrained(join(folder, 'pre'))).rejects.toThrow('2 missing keys: lm_head.weight');
    trained.dispose();
    reader.dispose();
  });

  it('without a vector for masked frames get one', async () => {
    const { masked_spec_embed: vector, ...rest } = new Wav2Vec2Model(small, new Generator(1));
    vector!.dispose();
    const bare = Object.assign(Object.create(Wav2Vec2Model.prototype) as Wav2Vec2Model, rest);
    await savePretrained(bare, join(folder, 'bare'), { config: { model_type: 'wav2vec2', ...small } });
    const loaded = await Wav2Vec2Model.fromPretrained(join(folder, 'bare'));
    expect(loaded.masked_spec_embed!.shape).toEqual([8]);
    loaded.dispose();
    bare.dispose();
  });
});

describe('pre-training', () => {
  const config = {
    ...small,
    num_codevectors_per_group: 4,
    codevector_dim: 6,
    proj_codevector_dim: 5,
    num_negatives: 3,
  };

  it('draws what is hidden and what is not the truth from the hidden frames of the same sound', () => {
    const model = new Wav2Vec2ForPreTraining({ ...config, mask_time_prob: 0.5 }, new Generator(1));
    const { maskTimeIndices, negatives } = model.drawTargets(200, [200, 100], new Generator(2));
    const [n, frames] = maskTimeIndices.shape as [number, number];
    const mask = maskTimeIndices.dataSync();
    const drawn = negatives.dataSync();
    for (let at = 0; at < n * frames; at++) {
      if (!mask[at]) continue;
      for (const other of drawn.subarray(at * 3, at * 3 + 3)) {
        expect(mask[other]).toBe(1);
        expect(other).not.toBe(at);
        expect(Math.floor(other / frames)).toBe(Math.floor(at / frames));
      }
    }
    expect(mask.subarray(frames + model.wav2vec2.frames(100))).not.toContain(1);
    expect(() => model.forward(sound(2, 200), { negatives })).toThrow('drawTargets gives both');
    model.dispose();
  });

  it('gives every parameter a gradient, of the quantiser too, and leaves nothing behind', () => {
    const model = new Wav2Vec2ForPreTraining({ ...config, mask_time_prob: 0.5 }, new Generator(1));
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const targets = model.drawTargets(200, [200, 150]);
      const { gradients } = valueAndGradients(
        () => model.forward(sound(2, 200), { lengths: [200, 150], ...targets }).loss!,
        model.parameters(),
      );
      for (const [name, parameter] of model.namedParameters()) {
        const gradient = gradients.get(parameter);
        expect(gradient, name).toBeDefined();
        expect(Number.isFinite(tf.sum(tf.abs(gradient!)).dataSync()[0]), name).toBe(true);
      }
    });
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
