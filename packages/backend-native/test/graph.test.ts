import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator } from '@hourglass/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agrees, given, native, of } from './oracle.js';

const { Adjacency, Segments, segmentMax, segmentMean, segmentSoftmax, segmentSum, spmm } = functional;
/** Sums in another order. */
const close = { rtol: 1e-4, atol: 1e-4 };

const random = new Generator(5);
const integers = (count: number, size: number): number[] =>
  Array.from({ length: count }, () => Math.floor(size * random.uniform() ** 2));

/** Values and gradients, as one list. */
function withGradients(fn: (...xs: tf.Tensor[]) => tf.Tensor): (...tensors: tf.Tensor[]) => tf.Tensor[] {
  return (...tensors) => {
    const dy = tensors.at(-1)!;
    const xs = tensors.slice(0, -1);
    return [fn(...xs), ...tf.grads(fn)(xs, dy)];
  };
}

beforeAll(async () => {
  await native();
  tf.engine().startScope();
});
afterAll(() => tf.engine().endScope());

describe('sparse products', () => {
  // edges, sources, destinations, heads, width
  const cases: Array<[number, number, number, number, number]> = [
    [0, 3, 4, 1, 2],
    [1, 1, 1, 1, 1],
    [40, 9, 7, 1, 3],
    [40, 9, 7, 1, 5],
    [40, 9, 7, 1, 12],
    [40, 9, 7, 1, 16],
    [40, 9, 7, 1, 47],
    [40, 9, 7, 1, 200],
    [40, 9, 7, 8, 8],
    [40, 9, 7, 3, 5],
    [40, 9, 7, 2, 1],
    [40, 9, 7, 2, 150],
    [9000, 700, 600, 1, 33],
    [9000, 700, 600, 4, 16],
  ];
  it.each(cases)('%j edges, %j to %j nodes, %j heads of %j', async (edges, sources, destinations, heads, width) => {
    const graph = new Adjacency({
      source: integers(edges, sources),
      destination: integers(edges, destinations),
      sources,
      destinations,
    });
    const [x, w] = [given([sources, heads, width]), given([edges, heads])];
    const dy = given([destinations, heads, width]);
    await agrees([x, w, dy], withGradients((x, w) => spmm(graph, w!, x!)), close); // prettier-ignore
    await agrees([x, dy], withGradients((x) => spmm(graph, null, x!)), close); // prettier-ignore
    graph.dispose();
  });

  it('of edges sorted by destination', async () => {
    const pointer = [0, 0, 3, 4, 4, 9];
    const graph = Adjacency.fromRows(pointer, integers(9, 6), 6);
    expect(graph.rows.edge).toBeNull();
    const inputs = [given([6, 20]), given([9]), given([5, 20])];
    await agrees(inputs, withGradients((x, w) => spmm(graph, w!, x!)), close); // prettier-ignore
    graph.dispose();
  });

  it('pass infinities and NaN on, to their rows alone', async () => {
    const graph = new Adjacency({ source: [0, 1, 2, 2], destination: [0, 0, 1, 2], sources: 3 });
    const x = of([Infinity, 1, 2, NaN, 5, 6], [3, 2], 'float32');
    await agrees([x], (v) => spmm(graph, null, v));
    graph.dispose();
  });
});

describe('segments', () => {
  // rows, segments, width
  const cases: Array<[number, number, number]> = [
    [0, 3, 2],
    [1, 1, 1],
    [30, 7, 1],
    [30, 7, 3],
    [30, 7, 4],
    [30, 7, 8],
    [30, 7, 21],
    [30, 7, 40],
    [30, 1, 8],
    [9000, 500, 8],
    [40000, 900, 1],
  ];
  it.each(cases)('%j rows in %j of width %j', async (count, size, width) => {
    const ids = integers(count, size);
    for (const list of [ids, ids.toSorted((a, b) => a - b)]) {
      const segments = new Segments(list, size);
      const x = given([count, width]);
      const whole = given([size, width]);
      for (const op of [segmentSum, segmentMean, segmentMax]) {
        await agrees([x, whole], withGradients((v) => op(v!, segments)), close); // prettier-ignore
      }
      await agrees([x, given([count, width])], withGradients((v) => segmentSoftmax(v!, segments)), close); // prettier-ignore
      segments.dispose();
    }
  });

  it('of equal, infinite and undefined numbers', async () => {
    const segments = new Segments([0, 0, 0, 1, 1, 2, 2, 3, 5], 6);
    const x = of(
      [1, 1, 0, 2, NaN, -Infinity, -Infinity, Infinity, 7, 4, -1, 4, NaN, 3, -Infinity, 0, Infinity, 0],
      [9, 2],
      'float32',
    );
    await agrees([x, given([6, 2])], withGradients((v) => segmentMax(v!, segments))); // prettier-ignore
    await agrees([x], (v) => segmentSoftmax(v, segments), close);
    segments.dispose();
  });
});

it('refuses lists that point elsewhere, and frees what it made', async () => {
  const backend = await native();
  const ints = (...values: number[]): tf.Tensor => tf.tensor1d(values, 'int32');
  const run = (pointer: tf.Tensor, column: tf.Tensor): unknown =>
    tf.engine().runKernel('HourglassSparseProduct', { x: tf.zeros([2, 1, 3]), pointer, column }, { mean: false });
  tf.tidy(() => {
    expect(() => run(ints(0, 2), ints(0, 2))).toThrow('index 2 is not in [0, 1]');
    expect(() => run(ints(0, 3), ints(0, 1))).toThrow('pointer');
    expect(() => run(ints(0, 2, 1, 2), ints(0, 1))).toThrow('pointer');
  });
  const before = backend.memory().numBytesInBlocks;
  tf.tidy(() => {
    expect(() => run(ints(0, 2), ints(0, 2))).toThrow();
  });
  expect(backend.memory().numBytesInBlocks).toBe(before);
});
