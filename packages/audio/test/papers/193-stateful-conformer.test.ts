import * as tf from '@tensorflow/tfjs-core';
import {
  ctcGreedySearch,
  FastConformerEncoder,
  FastConformerHybrid,
  type AttentionContext,
  type FastConformerState,
} from '@hourglass/audio';
import { Adam, clipGradNorm, Generator, metrics, normalTensor, scope, valueAndGradients } from '@hourglass/core';
import { capability, expectClose, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const training = capability('fast enough to train');
beforeAll(() => useTestBackend('wasm'));

const [bands, words] = [8, 6];
/** All of an utterance, four encoded frames and one at a time: with 10 ms a frame, latencies of 320 and 80 ms. */
const contexts: readonly AttentionContext[] = [
  { left: -1, right: -1 },
  { left: 8, right: 3 },
  { left: 8, right: 0 },
];

const encoder = {
  featIn: bands,
  dModel: 24,
  nHeads: 2,
  nLayers: 1,
  ffExpansionFactor: 2,
  subsamplingConvChannels: 8,
  convKernelSize: 3,
  dropout: 0,
} as const;

interface Speech {
  readonly x: tf.Tensor;
  readonly lengths: readonly number[];
  readonly targets: readonly number[];
  readonly targetLengths: readonly number[];
  readonly texts: ReadonlyArray<readonly number[]>;
}

interface Manner {
  readonly words: number;
  /** Bands that sound one after another in a word. */
  readonly sounds: (word: number) => readonly number[];
  /** Frames of a pause and of a sound, drawn for each. */
  readonly pause: readonly [number, number];
  readonly length: readonly [number, number];
  readonly noise: number;
}

/** Words of two sounds, of which pairs of words share the first. */
const calm: Manner = {
  words: 3,
  sounds: (word) => [Math.floor(word / 2), 4 + (word % 2)],
  pause: [4, 12],
  length: [7, 11],
  noise: 0.3,
};
/** Words of one sound, longer than an encoded frame, and the same so fast that frames get fewer than words. */
const slow: Manner = { words: 4, sounds: (word) => [word], pause: [0, 3], length: [9, 14], noise: 0.5 };
const fast: Manner = { ...slow, length: [4, 8] };

function speech(generator: Generator, examples: number, mannerOf: (n: number) => Manner): Speech {
  const manners = Array.from({ length: examples }, (_, n) => mannerOf(n));
  const texts = manners.map((manner) => Array.from({ length: manner.words }, () => generator.integer(0, words)));
  const utterances = texts.map((text, n) => {
    const { sounds, pause, length } = manners[n]!;
    const bandsOverTime: number[] = [];
    const sound = (band: number, range: readonly [number, number]): void =>
      void bandsOverTime.push(...Array.from({ length: generator.integer(...range) }, () => band));
    for (const word of text) {
      sound(-1, pause);
      for (const band of sounds(word)) sound(band, length);
    }
    sound(-1, pause);
    return bandsOverTime;
  });
  const longest = Math.max(...utterances.map(({ length }) => length));
  const values = new Float32Array(examples * longest * bands);
  utterances.forEach((sounds, n) =>
    sounds.forEach((band, t) => {
      if (band >= 0) values[(n * longest + t) * bands + band] = 2;
    }),
  );
  const shape: [number, number, number] = [examples, longest, bands];
  return {
    x: scope(() => tf.add(tf.tensor3d(values, shape), normalTensor(shape, 0, manners[0]!.noise, generator))),
    lengths: utterances.map(({ length }) => length),
    targets: texts.flat(),
    targetLengths: texts.map(({ length }) => length),
    texts,
  };
}

interface Training {
  readonly attContexts: readonly AttentionContext[];
  readonly ctcLossWeight: number;
  readonly steps: number;
  readonly lr: number;
  readonly seed: number;
  /** The batch of a step. It stays the caller's where it is kept. */
  readonly batch: (step: number, generator: Generator) => Speech;
}

function train({ attContexts, ctcLossWeight, steps, lr, seed, batch }: Training): FastConformerHybrid {
  const config = { encoder: { ...encoder, attContexts }, vocabularySize: words, dropout: 0, ctcLossWeight };
  const sizes = { predHidden: 24, predRnnLayers: 0, jointHidden: 48 };
  const model = new FastConformerHybrid({ ...config, ...sizes }, new Generator(seed));
  const generator = new Generator(seed);
  const optimizer = new Adam(model.namedParameters(), { lr });
  for (let step = 1; step <= steps; step++) {
    scope(() => {
      const given = batch(step, generator);
      const context = model.drawContext(generator);
      const { gradients } = valueAndGradients(() => model.loss(given, context), model.parameters());
      optimizer.step(clipGradNorm(gradients, 1).gradients);
    });
  }
  optimizer.dispose();
  return model.eval();
}

/** Errors of greedy CTC search for each word. */
async function errorOf(model: FastConformerHybrid, batch: Speech, context: AttentionContext): Promise<number> {
  const rate = new metrics.ErrorRate();
  const { output, lengths } = model.encode(batch.x, batch.lengths, context);
  const logs = model.ctc(output);
  const read = await ctcGreedySearch(logs, [...lengths], { blank: model.blank });
  batch.texts.forEach((text, n) => rate.update(text, read[n]!.labels));
  tf.dispose([output, logs]);
  return rate.compute();
}

/** Encodes a stream in parts of so many frames. */
function streamed(model: FastConformerEncoder, x: tf.Tensor, part: number, context: AttentionContext): tf.Tensor {
  let state: FastConformerState | null = null;
  const outputs: tf.Tensor[] = [];
  for (let t = 0; t < x.shape[1]!; t += part) {
    const count = Math.min(part, x.shape[1]! - t);
    const next = model.infer(tf.slice(x, [0, t, 0], [-1, count, -1]), state, {
      context,
      last: t + count === x.shape[1],
    });
    outputs.push(next.output);
    state = next.state;
  }
  return tf.concat(outputs, 1);
}

/** Frames that pass a module while `run` runs. */
function framesThrough(module: { forward(x: tf.Tensor): tf.Tensor }, run: () => void): number {
  const { forward } = module;
  let frames = 0;
  module.forward = (x) => {
    frames += x.shape[1]!;
    return forward.call(module, x);
  };
  run();
  module.forward = forward;
  return frames;
}

describe('stateful Conformer (193)', () => {
  it('gives chunks with caches what it gives the whole under the mask, and computes every frame once', () => {
    const context = { left: 8, right: 3 };
    const model = new FastConformerEncoder({ ...encoder, nLayers: 3, attContexts: [context] }, new Generator(1)).eval();
    scope(() => {
      // 23 encoded frames: five chunks of four, and three frames
      const x = normalTensor([2, 180, bands], 0, 1, new Generator(2));
      const whole = model.forward(x).output;
      expect(whole.shape).toEqual([2, 23, 24]);
      for (const part of [32, 7, 180])
        expectClose(streamed(model, x, part, context), whole, { atol: 1e-5, rtol: 1e-4 });
      // without the cache of the attention or of the convolution it is something else
      const forgetful = new FastConformerEncoder({ ...encoder, nLayers: 3, attContexts: [{ left: 0, right: 3 }] });
      const difference = (a: tf.Tensor, b: tf.Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
      const parameters = new Map(model.namedParameters());
      for (const [name, parameter] of forgetful.eval().namedParameters()) parameter.assign(parameters.get(name)!.value);
      expect(difference(streamed(forgetful, x, 32, { left: 0, right: 3 }), whole)).toBeGreaterThan(0.01);
      forgetful.dispose();
      for (const layer of model.layers) {
        for (const module of [layer.feed_forward1, layer.self_attn.linear_k, layer.self_attn.linear_v, layer.norm_out])
          expect(framesThrough(module, () => streamed(model, x, 32, context))).toBe(23);
      }
      // a buffer in place of caches computes the frames before a chunk again with it
      const buffered = framesThrough(model.layers.at(0).feed_forward1, () => {
        for (let start = 0; start < 180; start += 32) {
          const from = Math.max(0, start - 64);
          model.forward(tf.slice(x, [0, from, 0], [2, Math.min(start + 32, 180) - from, bands]));
        }
      });
      expect(buffered).toBeGreaterThan(2 * 23);
    });
    model.dispose();
  });

  // These words need little context: a model trained on whole utterances alone errs at each latency no more (0.00 to 0.02 with two seeds), so
  // what training with several latencies is worth does not show here.
  it.skipIf(training.isMissing)(
    training.title('runs one model, trained with several latencies, at each of them'),
    async () => {
      const test = speech(new Generator(1000), 40, () => calm);
      const model = train({
        attContexts: contexts,
        ctcLossWeight: 1,
        steps: 220,
        lr: 0.015,
        seed: 1,
        batch: (_, generator) => speech(generator, 8, () => calm),
      });
      const rates: number[] = [];
      for (const context of contexts) rates.push(await errorOf(model, test, context));
      console.log(`errors ${rates.map((rate) => rate.toFixed(3)).join(', ')} with all, four and one frame at a time`);
      for (const rate of rates) expect(rate).toBeLessThan(0.2);
      model.dispose();
      test.x.dispose();
    },
  );

  // CTC has no path where frames are fewer than labels, as most are here after an eightfold subsampling: it learns from a few utterances.
  // Errors beside a transducer over those alone, four runs: 0.53, 0.54, 0.71, 0.90. With a third as many such utterances there was no gain
  // (1.18), nor where CTC can learn from all: the claim holds in this corner alone.
  it.skipIf(training.isMissing)(
    training.title('lowers the error of CTC by the transducer beside it, which learns from fast speech too'),
    async () => {
      const test = speech(new Generator(1000), 60, () => slow);
      const pool = Array.from({ length: 16 }, (_, i) => {
        const generator = new Generator(5000 + i);
        return speech(generator, 8, () => (generator.uniform() < 0.1 ? slow : fast));
      });
      const rates: number[] = [];
      for (const ctcLossWeight of [1, 0.5]) {
        const model = train({
          attContexts: contexts,
          ctcLossWeight,
          steps: 240,
          lr: 0.02,
          seed: 3,
          batch: (step) => pool[step % pool.length]!,
        });
        rates.push(await errorOf(model, test, contexts[1]!));
        model.dispose();
      }
      const [alone, hybrid] = rates as [number, number];
      console.log(`errors of CTC: ${alone.toFixed(3)} alone, ${hybrid.toFixed(3)} beside a transducer`);
      expect(hybrid).toBeLessThan(0.8 * alone);
      for (const { x } of [...pool, test]) x.dispose();
    },
  );
});
