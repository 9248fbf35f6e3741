import * as tf from '@tensorflow/tfjs-core';
import {
  FastConformerEncoder,
  FastConformerHybrid,
  RelativeAttention,
  RnntGreedySearch,
  rnntGreedySearch,
  type AttentionContext,
  type FastConformerState,
  type StreamOptions,
} from '@hourglass/audio';
import { disposeTensors, functional, Generator, normalTensor, scope } from '@hourglass/core';
import { expectClose, expectGradient, useTestBackend } from '@hourglass/core/testing';
import { testModel } from '@hourglass/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const encoder = {
  featIn: 6,
  dModel: 8,
  nHeads: 2,
  nLayers: 2,
  ffExpansionFactor: 2,
  subsamplingFactor: 4,
  subsamplingConvChannels: 3,
  convKernelSize: 4,
  dropout: 0,
} as const;
const hybrid = { encoder, vocabularySize: 4, predHidden: 5, jointHidden: 6, dropout: 0 } as const;

interface Utterances {
  readonly x: tf.Tensor;
  readonly history: tf.Tensor;
}

describe.each([
  ['layer_norm', [{ left: 4, right: 1 }]],
  ['batch_norm', [{ left: -1, right: -1 }]],
] as const)('with %s and %o', (convNormType, attContexts) => {
  const utterances = (frames: number) => ({
    name: `${frames} frames`,
    make: (generator: Generator, examples: number): Utterances => ({
      x: normalTensor([examples, frames, 6], 0, 1, generator),
      // a blank, then every label, so that each embedding is used
      history: tf.tensor2d(
        Array.from({ length: examples }, () => [4, 0, 1, 2, 3]),
        [examples, 5],
        'int32',
      ),
    }),
    gives: (_: Utterances, examples: number) => {
      const encoded = Math.ceil(frames / 4);
      return { ctc: [examples, encoded, 5], logits: [examples, encoded, 5, 5] };
    },
  });
  testModel('FastConformer hybrid', {
    create: (generator) =>
      new FastConformerHybrid({ ...hybrid, encoder: { ...encoder, convNormType, attContexts } }, generator),
    load: (folder) => FastConformerHybrid.fromPretrained(folder),
    inputs: [utterances(13), utterances(20), utterances(1)],
    forward: (model, { x, history }) => {
      const { ctc, logits } = model.forward(x, undefined, history);
      return { ctc, logits };
    },
    withoutGradient: { '.*linear_k\\.bias': 'adds the same to all scores of a query' },
    training: convNormType === 'batch_norm' ? 'different' : 'same',
    wrong: [
      {
        name: 'other bands',
        make: () => ({ x: tf.zeros([1, 8, 5]), history: tf.zeros([1, 2], 'int32') }),
        says: /\[1, 8, 5\]/,
      },
    ],
  });
});

describe('FastConformer', () => {
  beforeAll(() => useTestBackend('wasm'));

  /** A stream in the given parts. */
  function streamed(
    model: FastConformerEncoder,
    x: tf.Tensor,
    parts: readonly number[],
    context: AttentionContext,
  ): tf.Tensor {
    let [state, at] = [null as FastConformerState | null, 0];
    const outputs: tf.Tensor[] = [];
    parts.forEach((count, i) => {
      const part = tf.slice(x, [0, at, 0], [x.shape[0]!, count, -1]);
      const options: StreamOptions = { context, last: i === parts.length - 1 };
      const next = model.infer(part, state, options);
      outputs.push(next.output);
      state = next.state;
      at += count;
    });
    return tf.concat(outputs, 1);
  }

  it.each([
    { left: 4, right: 1 },
    { left: 6, right: 2 },
    { left: 0, right: 3 },
    { left: 5, right: 0 },
    { left: -1, right: 1 },
    { left: -1, right: -1 },
  ])('gives a stream in any parts what it gives the whole, with %o', (context) => {
    const generator = new Generator(3);
    const model = new FastConformerEncoder({ ...encoder, attContexts: [context], xscaling: true }, generator).eval();
    for (const frames of [47, 33]) {
      scope(() => {
        const x = normalTensor([2, frames, 6], 0, 1, generator);
        const whole = model.forward(x).output;
        for (let trial = 0; trial < 3; trial++) {
          const parts: number[] = [];
          for (let rest = frames; rest > 0;) {
            const count = Math.min(rest, generator.integer(0, [4, 16, 40][trial]!));
            parts.push(count);
            rest -= count;
          }
          expectClose(streamed(model, x, parts, context), whole, { atol: 2e-5, rtol: 1e-4 });
        }
      });
    }
    model.dispose();
  });

  it('sees its chunk and the chunks before it, as far as the context says, and no frame behind them', () => {
    const context = { left: 2, right: 1 };
    const model = new FastConformerEncoder(
      { ...encoder, nLayers: 1, convKernelSize: 1, attContexts: [context] },
      new Generator(3),
    ).eval();
    scope(() => {
      const x = normalTensor([1, 40, 6], 0, 1, new Generator(5));
      const reach = (t: number): boolean[] => {
        const gradient = tf.grad((x: tf.Tensor) =>
          tf.sum(tf.square(tf.slice(model.forward(x).output, [0, t, 0], [1, 1, 8]))),
        )(x);
        return Array.from(tf.sum(tf.abs(gradient), [0, 2]).dataSync(), (value) => value > 0);
      };
      // encoded frames 4 and 5 are a chunk, 2 and 3 the one before; frame t has seen the frames from 4 t - 6 to 4 t
      const expected = Array.from({ length: 40 }, (_, t) => t >= 2 && t <= 20);
      expect(reach(4)).toEqual(expected);
      expect(reach(5)).toEqual(expected);
    });
    model.dispose();
  });

  it('does not look at padding', () => {
    const model = new FastConformerEncoder(
      { ...encoder, attContexts: [{ left: -1, right: -1 }] },
      new Generator(1),
    ).eval();
    scope(() => {
      const x = normalTensor([3, 21, 6], 0, 1, new Generator(2));
      const lengths = [21, 10, 1];
      const { output, lengths: valid } = model.forward(x, lengths);
      expect(valid).toEqual([6, 3, 1]);
      for (const [n, length] of lengths.entries()) {
        const alone = model.forward(tf.slice(x, [n, 0, 0], [1, length, 6])).output;
        expectClose(tf.slice(output, [n, 0, 0], [1, valid[n]!, 8]), alone, { atol: 1e-5 });
      }
      expect(Array.from(output.dataSync()).every(Number.isFinite)).toBe(true);
    });
    model.dispose();
  });

  it("relative attention weighs keys by content and distance, as Transformer-XL's formula says", () => {
    const generator = new Generator(8);
    const layer = new RelativeAttention(4, 2, { generator }).eval();
    scope(() => {
      layer.pos_bias_u!.assign(normalTensor([2, 2], 0, 1, generator));
      layer.pos_bias_v!.assign(normalTensor([2, 2], 0, 1, generator));
      const [x, past] = [normalTensor([1, 3, 4], 0, 1, generator), normalTensor([1, 2, 4], 0, 1, generator)];
      const cache = { key: layer.linear_k.forward(past), value: layer.linear_v.forward(past) };
      const { output, key } = layer.forward(x, { cache });
      expect(key.shape).toEqual([1, 5, 4]);
      const rows = (x: tf.Tensor): number[][] => tf.reshape(x, [-1, 4]).arraySync() as number[][];
      const [q, k, v] = [
        layer.linear_q.forward(x),
        layer.linear_k.forward(tf.concat([past, x], 1)),
        layer.linear_v.forward(tf.concat([past, x], 1)),
      ].map(rows);
      // of distance d, query minus key, row d + 2
      const p = rows(layer.linear_pos!.forward(functional.sinusoidalTable(7, 4, { start: -2 })));
      const [u, w] = [layer.pos_bias_u!, layer.pos_bias_v!].map(({ value }) => Array.from(value.dataSync()));
      const joined = [0, 1, 2].map((i) =>
        [0, 1].flatMap((head) => {
          const dims = [2 * head, 2 * head + 1];
          const scores = k!.map((key, j) => {
            const distance = i + 2 - j;
            const dot = (query: number[], other: number[], bias: number[]): number =>
              dims.reduce((sum, d) => sum + (query[d]! + bias[d]!) * other[d]!, 0);
            return (dot(q![i]!, key, u!) + dot(q![i]!, p[distance + 2]!, w!)) / Math.SQRT2;
          });
          const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
          return dims.map((d) => scores.reduce((sum, score, j) => sum + (Math.exp(score) / total) * v![j]![d]!, 0));
        }),
      );
      expectClose(output, layer.linear_out.forward(tf.tensor3d([joined], [1, 3, 4])), { atol: 1e-5 });
      expectGradient((x) => layer.forward(x, { cache }).output, [x]);
    });
    layer.dispose();
  });

  it('is read by a transducer search as it comes', async () => {
    const context = { left: 4, right: 1 };
    const model = new FastConformerHybrid(
      { ...hybrid, encoder: { ...encoder, attContexts: [context] } },
      new Generator(6),
    ).eval();
    const before = tf.memory().numTensors;
    const x = normalTensor([1, 50, 6], 0, 2, new Generator(2));
    const { output } = model.encode(x);
    const [whole] = await rnntGreedySearch(model, output, undefined, { blank: model.blank, maxLabelsPerFrame: 2 });
    const search = new RnntGreedySearch(model, { blank: model.blank, maxLabelsPerFrame: 2 });
    let state: FastConformerState | null = null;
    for (let t = 0; t < 50; t += 10) {
      const part = scope(() => tf.slice(x, [0, t, 0], [1, 10, 6]));
      const next = model.encoder.infer(part, state, { last: t === 40 });
      await search.push(next.output);
      disposeTensors([state, part, next.output]);
      state = next.state;
    }
    expect(search.results()[0]!.labels).toEqual(whole!.labels);
    search.dispose();
    disposeTensors([state, x, output]);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('adds its losses up by their weight, of the labels padded or one after another', () => {
    const x = normalTensor([2, 24, 6], 0, 1, new Generator(1));
    const padded = tf.tensor2d([1, 3, 3, 2, 0, 0], [2, 3], 'int32');
    const of = (ctcLossWeight: number, targets: tf.Tensor | number[]): number => {
      const model = new FastConformerHybrid({ ...hybrid, ctcLossWeight }, new Generator(4)).eval();
      const loss = model.loss({ x, lengths: [24, 15], targets, targetLengths: [3, 1] });
      const value = loss.dataSync()[0]!;
      loss.dispose();
      model.dispose();
      return value;
    };
    expect(of(0.3, padded)).toBeCloseTo(0.3 * of(1, padded) + 0.7 * of(0, padded), 4);
    expect(of(0.3, [1, 3, 3, 2])).toBeCloseTo(of(0.3, padded), 5);
    tf.dispose([x, padded]);
  });

  it('refuses what makes no sense', () => {
    const make = (extra: object) => () => new FastConformerEncoder({ ...encoder, ...extra }, new Generator(1));
    expect(make({ subsamplingFactor: 6 })).toThrow(/subsampling by 6/);
    expect(make({ attContexts: [] })).toThrow(/attContexts is empty/);
    expect(make({ attContexts: [{ left: 3, right: -1 }] })).toThrow(/has none to the left, got 3/);
    expect(make({ attContexts: [{ left: -2, right: 0 }] })).toThrow(/whole numbers/);
    expect(make({ nHeads: 3 })).toThrow(/8 features do not divide into 3 heads/);
    expect(make({ convNormType: 'none' })).toThrow(/no convNormType 'none'/);
    expect(() => new FastConformerHybrid({ ...hybrid, ctcLossWeight: 2 })).toThrow(/ctcLossWeight is 2/);
  });
});
