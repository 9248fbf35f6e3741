import * as tf from '@tensorflow/tfjs-core';
import {
  Joiner,
  Predictor,
  RnntBeamSearch,
  rnntBeamSearch,
  RnntGreedySearch,
  rnntGreedySearch,
  rnntLoss,
  type PredictorState,
  type TransducerModel,
} from '@hourglass/audio';
import { Generator, normalTensor, scope } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => useTestBackend('wasm'));

/** A matrix by a formula. */
const matrix = (rows: number, columns: number, value: (i: number, j: number) => number): tf.Tensor2D =>
  tf.tensor2d(
    Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => value(i, j))),
    [rows, columns],
  );

/** A transducer by formulas of sines, which torchaudio's search was given too. */
class Toy implements TransducerModel<{ h: tf.Tensor }> {
  readonly #embedding = matrix(5, 3, (label, d) => Math.sin(1 + 2.3 * label + 1.1 * d));
  readonly #joint = matrix(3, 5, (d, label) => 2.5 * Math.sin(1.7 * label + 0.9 * d));
  readonly #bias = tf.tensor1d([0, 0, 0, 0, 3]);
  readonly frames = tf.reshape(
    matrix(9, 3, (t, d) => 2 * Math.sin(0.37 * t * (d + 1) + d)),
    [1, 9, 3],
  );

  predict(labels: tf.Tensor, state: { h: tf.Tensor } | null): { output: tf.Tensor; state: { h: tf.Tensor } } {
    return scope(() => {
      const input = tf.gather(this.#embedding, tf.reshape(labels, [-1]));
      const h = tf.tanh(state === null ? input : tf.add(tf.mul(state.h, 0.7), input));
      return { output: tf.expandDims(h, 1), state: { h } };
    });
  }

  join(frames: tf.Tensor, labels: tf.Tensor): tf.Tensor {
    return scope(() => {
      const sums = tf.add(tf.expandDims(frames, 2), tf.expandDims(labels, 1));
      const flat = tf.add(tf.matMul(tf.reshape(tf.tanh(sums), [-1, 3]), this.#joint), this.#bias);
      return tf.reshape(flat, [...sums.shape.slice(0, 3), 5]);
    });
  }

  dispose(): void {
    tf.dispose([this.#embedding, this.#joint, this.#bias, this.frames]);
  }
}

/** A transducer of layers with random weights. */
class Small implements TransducerModel<PredictorState> {
  readonly predictor: Predictor;
  readonly joiner: Joiner;

  constructor(symbols: number, seed: number, scale = 1) {
    const generator = new Generator(seed);
    const sizes = { numSymbols: symbols, outputDim: 6, symbolEmbeddingDim: 4, numLstmLayers: 2, lstmHiddenDim: 4 };
    this.predictor = new Predictor(sizes, generator).eval();
    this.joiner = new Joiner(6, symbols, { activation: 'tanh', generator }).eval();
    scope(() => this.joiner.linear.weight.assign(tf.mul(this.joiner.linear.weight.value, scale)));
  }

  predict(labels: tf.Tensor, state: PredictorState | null): { output: tf.Tensor; state: PredictorState } {
    return this.predictor.forward(labels, state);
  }

  join(frames: tf.Tensor, labels: tf.Tensor): tf.Tensor {
    return this.joiner.forward(frames, labels);
  }

  dispose(): void {
    this.predictor.dispose();
    this.joiner.dispose();
  }
}

describe('beam search of a transducer', () => {
  let toy: Toy;
  beforeAll(() => void (toy = new Toy()));
  afterAll(() => toy.dispose());

  // torchaudio.models.RNNTBeamSearch 2.11
  it.each([
    [{ beamWidth: 1 }, [[[2], -3.23322]]],
    [{ beamWidth: 1, temperature: 1.7, stepMaxTokens: 1 }, [[[2], -5.69103]]],
    [
      { beamWidth: 3 },
      [
        [[2, 1, 2], -4.50021],
        [[2, 2], -3.66662],
        [[2], -3.23322],
      ],
    ],
    [
      { beamWidth: 3, temperature: 1.7, stepMaxTokens: 1 },
      [
        [[2, 2], -6.72689],
        [[1, 2], -7.03],
        [[2], -5.69103],
      ],
    ],
    [
      { beamWidth: 4 },
      [
        [[2, 2], -3.50357],
        [[2, 1, 2], -4.50021],
        [[1, 2, 1, 2], -5.5613],
        [[2], -3.23322],
      ],
    ],
    [
      { beamWidth: 4, temperature: 1.7, stepMaxTokens: 1 },
      [
        [[0, 1, 2], -7.74914],
        [[1, 2, 2], -7.75504],
        [[0, 2], -6.9043],
        [[1, 2], -7.01017],
      ],
    ],
  ] as const)('finds what the reference finds with %o', async (options, expected) => {
    const [found] = await rnntBeamSearch(toy, toy.frames, undefined, { blank: 4, ...options });
    expect(found!.map(({ labels }) => labels)).toEqual(expected.map(([labels]) => labels));
    found!.forEach(({ score }, i) => expect(score).toBeCloseTo(expected[i]![1], 3));
  });

  it('sums over all paths of a sequence when nothing is cut', async () => {
    const model = new Small(3, 5);
    const frames = normalTensor([1, 2, 6], 0, 1, new Generator(2));
    const options = { blank: 0, beamWidth: 1e4, stepMaxTokens: 3 };
    const [found] = await rnntBeamSearch(model, frames, undefined, options);
    expect(found!.length).toBe(2 ** 7 - 1);
    for (const { labels, score } of found!.filter(({ labels }) => labels.length <= 3)) {
      const loss = scope(() => {
        const history = tf.tensor2d([0, ...labels], [1, labels.length + 1], 'int32');
        const logits = model.join(frames, model.predict(history, null).output);
        return rnntLoss(logits, [...labels], [2], [labels.length], { blank: 0 }).dataSync()[0]!;
      });
      expect(score, labels.join()).toBeCloseTo(-loss, 4);
    }
    model.dispose();
    frames.dispose();
  });

  it('goes on where a part of a stream ended, and leaves nothing behind', async () => {
    const [model, generator] = [new Small(5, 3, 3), new Generator(4)];
    const frames = normalTensor([1, 12, 6], 0, 1.5, new Generator(7));
    const before = tf.memory().numTensors;
    const options = { blank: 2, beamWidth: 3, stepMaxTokens: 3 };
    const [whole] = await rnntBeamSearch(model, frames, undefined, options);
    const [greedy] = await rnntGreedySearch(model, frames, undefined, { blank: 2, maxLabelsPerFrame: 3 });
    expect(whole![0]!.labels.length).toBeGreaterThan(2);
    for (let trial = 0; trial < 4; trial++) {
      const beam = new RnntBeamSearch(model, options);
      const one = new RnntGreedySearch(model, { blank: 2, maxLabelsPerFrame: 3 });
      for (let t = 0; t < 12;) {
        const count = Math.min(generator.integer(0, 5), 12 - t);
        const part = scope(() => tf.slice(frames, [0, t, 0], [1, count, 6]));
        await beam.push(part);
        await one.push(part);
        part.dispose();
        t += count;
      }
      expect(beam.results().map(({ labels }) => labels)).toEqual(whole!.map(({ labels }) => labels));
      beam.results().forEach(({ score }, i) => expect(score).toBeCloseTo(whole![i]!.score, 4));
      expect(one.results()[0]!.labels).toEqual(greedy!.labels);
      beam.dispose();
      one.dispose();
    }
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    frames.dispose();
  });
});

describe('greedy search of a transducer', () => {
  it('takes the likeliest label at each step, each utterance on its own', async () => {
    const model = new Small(5, 3, 3);
    const frames = normalTensor([3, 8, 6], 0, 1.5, new Generator(7));
    const lengths = [8, 0, 5];
    const found = await rnntGreedySearch(model, frames, lengths, { blank: 0, maxLabelsPerFrame: 4 });
    for (const [n, { labels, score }] of found.entries()) {
      // one utterance, one step at a time, with the whole history each time
      const expected: number[] = [];
      let total = 0;
      for (let t = 0; t < lengths[n]!; t++) {
        for (let emitted = 0; ; emitted++) {
          const logs = scope(() => {
            const history = tf.tensor2d([0, ...expected], [1, expected.length + 1], 'int32');
            const last = tf.slice(model.predict(history, null).output, [0, expected.length, 0], [1, 1, 6]);
            return tf.logSoftmax(tf.reshape(model.join(tf.slice(frames, [n, t, 0], [1, 1, 6]), last), [5])).dataSync();
          });
          const best = emitted === 4 ? 0 : logs.indexOf(Math.max(...logs));
          total += logs[best]!;
          if (best === 0) break;
          expected.push(best);
        }
      }
      expect(labels).toEqual(expected);
      expect(score).toBeCloseTo(total, 3);
    }
    expect(found[0]!.labels.length + found[2]!.labels.length).toBeGreaterThan(3);
    model.dispose();
    frames.dispose();
  });

  it('refuses what cannot be searched', async () => {
    const model = new Small(4, 1);
    const frames = tf.zeros([2, 3, 6]);
    await expect(rnntGreedySearch(model, frames, [4, 1], { blank: 0 })).rejects.toThrow(/utterance 0 has length 4/);
    await expect(rnntGreedySearch(model, tf.zeros([3, 6]), undefined, { blank: 0 })).rejects.toThrow(/got \[3, 6\]/);
    const beam = new RnntBeamSearch(model, { blank: 0 });
    await expect(beam.push(frames)).rejects.toThrow(/takes one utterance, got 2/);
    expect(() => new RnntBeamSearch(model, { blank: 0, beamWidth: 0 })).toThrow(/beamWidth is 0/);
    expect(() => new RnntBeamSearch(model, { blank: 0, temperature: 0 })).toThrow(/temperature is 0/);
    const greedy = new RnntGreedySearch(model, { blank: 0 });
    await greedy.push(frames);
    await expect(greedy.push(tf.zeros([1, 3, 6]))).rejects.toThrow(/a part of 1 utterances in a stream of 2/);
    greedy.dispose();
    model.dispose();
  });
});
