import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { functional, Generator, Linear, scope } from '@hourglass/core';
import { expectClose, expectGradient, useTestBackend } from '@hourglass/core/testing';
import {
  AttentionalAggregation,
  DeepSetsAggregation,
  GRUAggregation,
  LSTMAggregation,
  MedianAggregation,
  MultiAggregation,
  QuantileAggregation,
  Set2Set,
  SetTransformerAggregation,
  SortAggregation,
  StdAggregation,
  VarAggregation,
  type Aggregation,
} from '@hourglass/graph';

beforeAll(() => useTestBackend('wasm'));

const width = 4;
const random = (): { generator: Generator } => ({ generator: new Generator(5) });

interface Facts {
  readonly make: () => Aggregation;
  /** Whether the order of the rows counts, as for a recurrent network. */
  readonly isOrdered?: true;
  /** What a segment without rows gives, where it is not zeros. */
  readonly ofNothing?: 'learned';
}

const aggregations: Readonly<Record<string, Facts>> = {
  var: { make: () => new VarAggregation() },
  std: { make: () => new StdAggregation() },
  median: { make: () => new MedianAggregation() },
  quantiles: { make: () => new QuantileAggregation([0.1, 0.5, 0.75]) },
  sort: { make: () => new SortAggregation(2) },
  // the LSTM's state goes on without any rows
  Set2Set: { make: () => new Set2Set(width, 3, random()), ofNothing: 'learned' },
  attentional: {
    make: () => new AttentionalAggregation(new Linear(width, 1, random()), new Linear(width, 3, random())),
  },
  // the global network's bias
  'deep sets': {
    make: () => new DeepSetsAggregation(new Linear(width, 3, random()), new Linear(3, 2, random())),
    ofNothing: 'learned',
  },
  'set transformer': {
    make: () => new SetTransformerAggregation(width, { numSeedPoints: 2, heads: 2, layerNorm: true, ...random() }),
  },
  // they read the rows that fill up
  LSTM: { make: () => new LSTMAggregation(width, 3, random()), isOrdered: true, ofNothing: 'learned' },
  GRU: { make: () => new GRUAggregation(width, 3, random()), isOrdered: true, ofNothing: 'learned' },
  'several side by side': { make: () => new MultiAggregation(['mean', 'max', new StdAggregation()]) },
  'several by a linear map': {
    make: () => new MultiAggregation(['sum', 'min'], { mode: 'proj', inChannels: width, outChannels: 3 }, random()),
    ofNothing: 'learned',
  },
  'several by attention': {
    make: () =>
      new MultiAggregation(
        ['sum', 'min', new SortAggregation(2)],
        { mode: 'attn', inChannels: [width, width, 2 * width], outChannels: 4, numHeads: 2 },
        random(),
      ),
    ofNothing: 'learned',
  },
  'largest of several': { make: () => new MultiAggregation(['sum', 'mean'], { mode: 'max' }) },
  'spread of several': { make: () => new MultiAggregation(['sum', 'mean', 'max'], { mode: 'var' }) },
};

// segment 2 is empty, segment 3 has one row
const ids = [0, 1, 0, 4, 1, 0, 3, 4, 4, 1];
/** Values that lie apart, so that small steps change no order. */
const rows = (): tf.Tensor =>
  tf.tensor2d(
    Float32Array.from(new Generator(8).permutation(ids.length * width), (place) => (place - 19.5) / 9),
    [ids.length, width],
  );

describe.each(Object.entries(aggregations))('%s', (_, { make, isOrdered, ofNothing }) => {
  it('follows the order of the segments, and not that of the rows', () => {
    const aggregation = make();
    const order = isOrdered ? ids.map((_, i) => i) : [7, 2, 9, 0, 4, 6, 1, 8, 3, 5];
    const renamed = [3, 0, 4, 1, 2];
    const segments = new functional.Segments(ids, 5);
    const others = new functional.Segments(
      order.map((row) => renamed[ids[row]!]!),
      5,
    );
    scope(() => {
      const ours = aggregation.forward(rows(), segments);
      const theirs = aggregation.forward(tf.gather(rows(), order), others);
      expectClose(tf.gather(theirs, renamed), ours, { rtol: 1e-5, atol: 1e-6 });
      const empty = ours.shape[1]! * 2;
      if (ofNothing === undefined) {
        const values = ours.dataSync().slice(empty, empty + ours.shape[1]!);
        expect(values.every((value) => value === 0)).toBe(true);
      }
      expect([...ours.dataSync()].every(Number.isFinite)).toBe(true);
    });
    segments.dispose();
    others.dispose();
    aggregation.dispose();
  });

  it('has the gradient of its rows, and frees what it makes', () => {
    const aggregation = make();
    const segments = new functional.Segments(ids, 5);
    const before = tf.memory().numTensors;
    scope(() => expectGradient((x) => aggregation.forward(x!, segments), [rows()]));
    expect(tf.memory().numTensors).toBe(before);
    segments.dispose();
    aggregation.dispose();
  });
});

describe('aggregations', () => {
  it('give quantiles as defined', () => {
    const segments = new functional.Segments([0, 0, 0, 0, 1], 3);
    const x = tf.tensor2d([4, 1, 3, 2, 7], [5, 1]);
    const of = (interpolation: 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint'): number[] =>
      scope(() => [
        ...new QuantileAggregation([0.5, 0.9], { interpolation, fillValue: -1 }).forward(x, segments).dataSync(),
      ]);
    const linear = of('linear');
    expect(linear.map((value) => Number(value.toFixed(5)))).toEqual([2.5, 3.7, 7, 7, -1, -1]);
    expect(of('lower')).toEqual([2, 3, 7, 7, -1, -1]);
    expect(of('higher')).toEqual([3, 4, 7, 7, -1, -1]);
    expect(of('nearest')).toEqual([3, 4, 7, 7, -1, -1]);
    expect(of('midpoint')).toEqual([2.5, 3.5, 7, 7, -1, -1]);
    x.dispose();
    segments.dispose();
  });

  it('give medians of rows of any rank', () => {
    const segments = new functional.Segments([0, 0, 0], 1);
    scope(() => {
      const x = tf.tensor3d([1, 6, 3, 4, 2, 9], [3, 1, 2]);
      const y = new MedianAggregation().forward(x, segments);
      expect([y.shape, [...y.dataSync()]]).toEqual([
        [1, 1, 2],
        [2, 6],
      ]);
    });
    segments.dispose();
  });

  it('refuse what makes no sense', () => {
    expect(() => new QuantileAggregation([0.5, 1.5])).toThrow(/between 0 and 1, got \[0.5, 1.5\]/);
    expect(() => new QuantileAggregation([])).toThrow(/between 0 and 1/);
    expect(() => new SortAggregation(0)).toThrow(/k must be a positive whole number, got 0/);
    expect(() => new Set2Set(3, -1)).toThrow(/processingSteps/);
    expect(() => new MultiAggregation([])).toThrow(/at least one/);
    expect(() => new MultiAggregation(['sum'], { mode: 'proj', inChannels: 3, outChannels: 3 })).toThrow(/several/);
    const segments = new functional.Segments([0, 1], 2);
    scope(() => {
      expect(() => new SortAggregation(2).forward(tf.zeros([3, 2]), segments)).toThrow(/takes \[2, width\]/);
      expect(() => new QuantileAggregation(0.5).forward(tf.zeros([3, 2]), segments)).toThrow(/takes \[2, …features\]/);
    });
    segments.dispose();
    const none = new functional.Segments([], 2);
    scope(() => {
      expect(() => new LSTMAggregation(3, 2).forward(tf.zeros([0, 3]), none)).toThrow(/no rows/);
      const zeros = new SetTransformerAggregation(3).forward(tf.zeros([0, 3]), none);
      expect(Array.from(zeros.dataSync(), Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
    });
    none.dispose();
  });
});
