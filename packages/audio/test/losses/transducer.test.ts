import * as tf from '@tensorflow/tfjs-core';
import {
  pruneLabels,
  pruneRanges,
  rnntLoss,
  rnntPrunedLoss,
  rnntSimpleLoss,
  type Edges,
  type PruneRanges,
} from '@hourglass/audio';
import { Generator, normalTensor, scope } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, useTestBackend } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => useTestBackend('wasm'));

/** -log of the summed probability of every path through (frame, label), each ending in a blank of the last frame. */
function enumerate(
  logs: readonly number[][][],
  labels: readonly number[],
  blank: number,
  begin?: readonly number[],
  range = Infinity,
): number {
  const frames = logs.length;
  const inside = (t: number, u: number): boolean => begin === undefined || (u >= begin[t]! && u < begin[t]! + range);
  const from = (t: number, u: number): number => {
    if (!inside(t, u)) return 0;
    const on = t === frames - 1 ? Number(u === labels.length) : from(t + 1, u);
    const label = u < labels.length ? Math.exp(logs[t]![u]![labels[u]!]!) * from(t, u + 1) : 0;
    return Math.exp(logs[t]![u]![blank]!) * on + label;
  };
  return -Math.log(from(0, 0));
}

const targets = [[1, 1, 2], [2], [], [3, 1]];
const [frameLengths, labelLengths] = [
  [4, 5, 3, 1],
  [3, 1, 0, 2],
];
const flat = targets.flat();

const draw = (shape: number[], seed = 3): tf.Tensor => normalTensor(shape, 0, 1.5, new Generator(seed));
const nested = (x: tf.Tensor): number[][][][] => tf.tidy(() => tf.logSoftmax(x).arraySync() as number[][][][]);

describe('the transducer loss', () => {
  it.each([0, 4])('sums over all paths, with blank %d', (blank) => {
    scope(() => {
      const x = draw([4, 5, 4, 5]);
      const logs = nested(x);
      const loss = rnntLoss(x, flat, frameLengths, labelLengths, { blank, reduction: 'none' });
      const expected = targets.map((labels, n) => enumerate(logs[n]!.slice(0, frameLengths[n]), labels, blank));
      expectValues(loss, expected, { rtol: 1e-5 });
      const padded = tf.tensor2d([1, 1, 2, 2, 0, 0, 0, 0, 0, 3, 1, 0], [4, 3], 'int32');
      expectClose(rnntLoss(x, padded, frameLengths, labelLengths, { blank, reduction: 'none' }), loss);
      expectClose(
        rnntLoss(tf.logSoftmax(x), flat, frameLengths, labelLengths, {
          blank,
          reduction: 'none',
          fusedLogSoftmax: false,
        }),
        loss,
      );
      const sum = expected.reduce((a, b) => a + b);
      expectValues(rnntLoss(x, flat, frameLengths, labelLengths, { blank, reduction: 'sum' }), [sum], { rtol: 1e-5 });
      expectValues(rnntLoss(x, flat, frameLengths, labelLengths, { blank }), [sum / 4], { rtol: 1e-5 });
    });
  });

  it('has the right gradient, of logits and of log probabilities, and none beyond the lengths', () => {
    scope(() => {
      const x = draw([2, 3, 3, 3]);
      const loss = (x: tf.Tensor): tf.Tensor => rnntLoss(x, [1, 2, 1], [2, 3], [2, 1], { blank: 0, reduction: 'none' });
      expectGradient(loss, [x]);
      const logs = (x: tf.Tensor): tf.Tensor =>
        rnntLoss(x, [1, 2, 1], [2, 3], [2, 1], { blank: 0, reduction: 'none', fusedLogSoftmax: false });
      expectGradient(logs, [tf.mul(x, 0.3)]);
      const gradient = tf.grad((x: tf.Tensor) => tf.sum(loss(x)))(x);
      expectValues(tf.slice(gradient, [0, 2, 0, 0], [1, 1, 3, 3]), new Float32Array(9));
      expectValues(tf.slice(gradient, [1, 0, 2, 0], [1, 3, 1, 3]), new Float32Array(9));
    });
  });

  it('can be differentiated twice', () => {
    scope(() => {
      const x = draw([1, 2, 2, 3]);
      const loss = (x: tf.Tensor): tf.Tensor => rnntLoss(x, [1], [2], [1], { blank: 0 });
      expectGradient((x) => tf.grad(loss)(x), [x]);
    });
  });

  // torchaudio.functional.rnnt_loss 2.11 of 2 sin(1.7 i)
  it.each([
    [
      -1,
      [1, 2, 2, 0],
      [9.4174337, 7.2558136],
      6.517005,
      2.0181742,
      [0.23952097, 0.012792002, 0.0022949353, -0.25460786],
    ],
    [
      0,
      [1, 2, 2, 3],
      [8.3084841, 6.6714878],
      6.3237911,
      1.9284079,
      [-0.20450929, 0.012254481, 0.0066125216, 0.18564236],
    ],
  ] as const)('equals the reference with blank %d', (blank, labels, expected, total, clampedTotal, row) => {
    scope(() => {
      const values = Float32Array.from({ length: 96 }, (_, i) => 2 * Math.sin(1.7 * i));
      const x = tf.tensor4d(values, [2, 4, 3, 4]);
      const loss = (clamp: number) => (x: tf.Tensor) =>
        rnntLoss(x, tf.tensor2d([...labels], [2, 2], 'int32'), [4, 3], [2, 1], { blank, clamp });
      const each = rnntLoss(x, tf.tensor2d([...labels], [2, 2], 'int32'), [4, 3], [2, 1], { blank, reduction: 'none' });
      expectValues(each, expected, { rtol: 1e-5 });
      const sizeOf = (clamp: number): tf.Tensor => tf.sum(tf.abs(tf.grad(loss(clamp))(x)));
      expectValues(sizeOf(-1), [total], { rtol: 1e-5 });
      expectValues(sizeOf(0.1), [clampedTotal], { rtol: 1e-5 });
      expectValues(tf.slice(tf.grad(loss(-1))(x), [0, 1, 1, 0], [1, 1, 1, 4]), row, { rtol: 1e-4 });
      expectValues(
        tf.slice(tf.grad(loss(0.1))(x), [0, 1, 1, 0], [1, 1, 1, 4]),
        row.map((value) => Math.max(-0.05, Math.min(0.05, value))),
        { rtol: 1e-4 },
      );
    });
  });

  it('stays exact over hundreds of frames, and costs infinity where nothing is possible', () => {
    scope(() => {
      // every frame and label alike: the number of paths times the probability of each
      const [frames, labels] = [300, 60];
      const x = tf.zeros([1, frames, labels + 1, 4]);
      const loss = rnntLoss(
        x,
        Array.from({ length: labels }, () => 1),
        [frames],
        [labels],
        { blank: 0 },
      );
      let paths = 0;
      for (let i = 1; i <= labels; i++) paths += Math.log((frames - 1 + i) / i);
      expectValues(loss, [(frames + labels) * Math.log(4) - paths], { rtol: 1e-5 });
      const never = tf.log(tf.tensor4d([0, 1, 0, 1], [1, 1, 2, 2]));
      const options = { blank: 0, fusedLogSoftmax: false };
      expect(rnntLoss(never, [1], [1], [1], options).dataSync()[0]).toBe(Infinity);
      expectValues(tf.grad((x: tf.Tensor) => rnntLoss(x, [1], [1], [1], options))(never), [0, 0, 0, 0]);
    });
  });

  it('leaves nothing behind and refuses what does not fit', () => {
    const x = draw([4, 5, 4, 5]);
    const before = tf.memory().numTensors;
    tf.tidy(() => void tf.grad((x: tf.Tensor) => rnntLoss(x, flat, frameLengths, labelLengths, { blank: 0 }))(x));
    expect(tf.memory().numTensors).toBe(before);
    rnntLoss(x, flat, frameLengths, labelLengths, { blank: 0 }).dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(() => rnntLoss(x, flat, [4, 5, 3, 0], labelLengths)).toThrow(
      /a frame length is 0, it must lie between 1 and 5/,
    );
    expect(() => rnntLoss(x, flat, frameLengths, [4, 1, 0, 2])).toThrow(/a label length is 4/);
    expect(() => rnntLoss(x, flat, [4], labelLengths)).toThrow(/4 utterances need 4 frame lengths, got 1/);
    expect(() => rnntLoss(x, [1], frameLengths, labelLengths)).toThrow(/hold 1 labels, too few/);
    expect(() => rnntLoss(x, flat, frameLengths, labelLengths, { blank: 1 })).toThrow(/target 0 holds label 1/);
    expect(() => rnntLoss(x, flat, frameLengths, labelLengths, { blank: 5 })).toThrow(/blank is 5, but there are 5/);
    expect(() => rnntLoss(tf.zeros([2, 3]), flat, frameLengths, labelLengths)).toThrow(/got \[2, 3\]/);
    x.dispose();
  });
});

describe('the simple loss', () => {
  const amOf = (): tf.Tensor => draw([4, 5, 5], 7);
  const lmOf = (): tf.Tensor => draw([4, 4, 5], 8);
  const joined = (am: tf.Tensor, lm: tf.Tensor): tf.Tensor => tf.add(tf.expandDims(am, 2), tf.expandDims(lm, 1));

  it('is the loss of a joiner that adds', () => {
    scope(() => {
      const [am, lm] = [amOf(), lmOf()];
      const options = { blank: 0, reduction: 'none' } as const;
      const { loss } = rnntSimpleLoss({ am, lm }, flat, frameLengths, labelLengths, { ...options, lmOnlyScale: 0 });
      expectClose(loss, rnntLoss(joined(am, lm), flat, frameLengths, labelLengths, options));
    });
  });

  it('mixes log probabilities of both parts and of each alone', () => {
    scope(() => {
      const [am, lm] = [draw([1, 3, 4], 1), draw([1, 3, 4], 2)];
      const whole = tf.logSoftmax(joined(am, lm));
      const language = tf.broadcastTo(tf.expandDims(tf.logSoftmax(lm), 1), whole.shape);
      const unigram = tf.log(tf.mean(tf.softmax(lm), 1, true));
      const acoustic = tf.broadcastTo(tf.expandDims(tf.logSoftmax(tf.add(am, unigram)), 2), whole.shape);
      const mixed = tf.addN([tf.mul(whole, 0.6), tf.mul(language, 0.3), tf.mul(acoustic, 0.1)]);
      const expected = rnntLoss(mixed, [1, 3], [3], [2], { blank: 0, fusedLogSoftmax: false });
      const scales = { blank: 0, lmOnlyScale: 0.3, amOnlyScale: 0.1 };
      expectClose(rnntSimpleLoss({ am, lm }, [1, 3], [3], [2], scales).loss, expected);
    });
  });

  it('has the right gradient, and does not look at padding', () => {
    scope(() => {
      const [am, lm] = [amOf(), lmOf()];
      const loss = (am: tf.Tensor, lm: tf.Tensor): tf.Tensor =>
        rnntSimpleLoss({ am, lm }, flat, frameLengths, labelLengths, { blank: 0, amOnlyScale: 0.2, reduction: 'none' })
          .loss;
      expectGradient(loss, [am, lm]);
      const beyond = (lengths: readonly number[], x: tf.Tensor, extra: number): tf.Tensor =>
        tf.tensor3d(
          lengths.flatMap((length) => Array.from({ length: x.shape[1]! }, (_, i) => (i < length + extra ? 0 : 3))),
          [4, x.shape[1]!, 1],
        );
      expectClose(loss(tf.add(am, beyond(frameLengths, am, 0)), tf.add(lm, beyond(labelLengths, lm, 1))), loss(am, lm));
    });
  });

  it('says how likely paths go over each edge', () => {
    scope(() => {
      const [am, lm] = [amOf(), lmOf()];
      const { occupations } = rnntSimpleLoss({ am, lm }, flat, frameLengths, labelLengths, { blank: 0 });
      // every path leaves each frame by one blank, and takes each label once
      const valid = (lengths: readonly number[], width: number): number[] =>
        lengths.flatMap((length) => Array.from({ length: width }, (_, i) => Number(i < length)));
      expectValues(tf.sum(occupations.blank, 2), valid(frameLengths, 5), { rtol: 1e-4, atol: 1e-5 });
      expectValues(tf.sum(occupations.label, 1), valid(labelLengths, 3), { rtol: 1e-4, atol: 1e-5 });
    });
  });
});

describe('pruning', () => {
  const rows = (x: tf.Tensor): number[][] => x.arraySync() as number[][];

  it('gives runs that paths can follow: from the first label to the last, without a gap', () => {
    const generator = new Generator(9);
    for (let trial = 0; trial < 60; trial++) {
      scope(() => {
        const [frames, labels, range] = [generator.integer(1, 9), generator.integer(1, 9), generator.integer(2, 5)];
        const lengths = [
          [frames, generator.integer(1, frames + 1)],
          [labels, generator.integer(0, labels + 1)],
        ] as const;
        const occupations: Edges = {
          blank: tf.abs(normalTensor([2, frames, labels + 1], 0, 1, generator)),
          label: tf.abs(normalTensor([2, frames, labels], 0, 1, generator)),
        };
        const ranges = pruneRanges(occupations, ...lengths, range);
        rows(ranges.begin).forEach((begin, n) => {
          const [t, u] = [lengths[0][n]!, lengths[1][n]!];
          expect(begin[0]).toBe(0);
          for (let i = 1; i < t; i++) {
            expect(begin[i]! - begin[i - 1]!).toBeGreaterThanOrEqual(0);
            expect(begin[i]! - begin[i - 1]!).toBeLessThan(ranges.range);
          }
          expect(begin[t - 1]! + ranges.range).toBeGreaterThan(u);
          expect(Math.max(...begin) + ranges.range).toBeLessThanOrEqual(labels + 1);
        });
      });
    }
  });

  it('looks where the paths are', () => {
    scope(() => {
      // label u is spoken in frame 2 u
      const [frames, labels] = [12, 6];
      const am = new Float32Array(frames * 8);
      for (let t = 0; t < frames; t++) am[t * 8 + (t % 2 === 0 ? 1 + t / 2 : 0)] = 8;
      const scores = { am: tf.tensor3d(am, [1, frames, 8]), lm: tf.zeros([1, labels + 1, 8]) };
      const { occupations } = rnntSimpleLoss(scores, [1, 2, 3, 4, 5, 6], [frames], [labels], { blank: 0 });
      const { begin } = pruneRanges(occupations, [frames], [labels], 3);
      rows(begin)[0]!.forEach((first, t) => {
        const before = Math.ceil(t / 2);
        expect(first, `frame ${t}`).toBeLessThanOrEqual(before);
        expect(first + 3, `frame ${t}`).toBeGreaterThan(Math.floor(t / 2) + 1);
      });
    });
  });

  it('sums over the paths within the runs', () => {
    scope(() => {
      const x = draw([4, 5, 2, 5], 12);
      const begins = [
        [0, 1, 1, 2, 2],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
        [1, 1, 1, 1, 1],
      ];
      const ranges: PruneRanges = { begin: tf.tensor2d(begins, [4, 5], 'int32'), range: 2 };
      const logs = nested(x);
      const loss = rnntPrunedLoss(x, flat, ranges, frameLengths, labelLengths, { blank: 0, reduction: 'none' });
      targets.slice(0, 3).forEach((labels, n) => {
        // the frames' runs put to where they belong
        const whole = logs[n]!.slice(0, frameLengths[n]).map((run, t) => {
          const row = Array.from({ length: 6 }, () => Array.from({ length: 5 }, () => -Infinity));
          run.forEach((values, i) => (row[begins[n]![t]! + i] = values));
          return row;
        });
        expect(loss.dataSync()[n]).toBeCloseTo(enumerate(whole, labels, 0, begins[n], 2), 4);
      });
      // the last utterance's only frame leaves its first label out
      expect(loss.dataSync()[3]).toBe(Infinity);
    });
  });

  it('has the right gradient of logits and of the labels that they come from', () => {
    scope(() => {
      const [am, lm] = [draw([2, 5, 3], 5), draw([2, 4, 3], 6)];
      const ranges: PruneRanges = { begin: tf.tensor2d([0, 0, 1, 2, 2, 0, 0, 0, 0, 0], [2, 5], 'int32'), range: 2 };
      const loss = (am: tf.Tensor, lm: tf.Tensor): tf.Tensor => {
        const logits = tf.tanh(tf.add(tf.expandDims(am, 2), pruneLabels(lm, ranges)));
        return rnntPrunedLoss(logits, [1, 2, 1, 2], ranges, [5, 3], [3, 1], { blank: 0, reduction: 'none' });
      };
      expectGradient(loss, [am, lm]);
    });
  });

  it('refuses what does not fit', () => {
    const edges = { blank: tf.zeros([1, 3, 4]), label: tf.zeros([1, 3, 3]) };
    expect(() => pruneRanges(edges, [3], [3], 1)).toThrow(/a range of 1 labels/);
    const ranges = pruneRanges(edges, [3], [3], 2);
    const wrong = tf.zeros([1, 3, 3, 5]);
    expect(() => rnntPrunedLoss(wrong, [1, 2, 3], ranges, [3], [3])).toThrow(/a range of 2, got \[1, 3, 3, 5\]/);
    expect(() => rnntSimpleLoss({ am: wrong, lm: wrong }, [1], [1], [1])).toThrow(/rnntSimpleLoss takes am/);
    tf.dispose([edges.blank, edges.label, ranges.begin, wrong]);
  });
});
