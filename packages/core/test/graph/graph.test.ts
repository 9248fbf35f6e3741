import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, normalTensor, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const { Adjacency, Segments, segmentMax, segmentMean, segmentSoftmax, segmentSum, sddmm, spmm } = functional;

describe.each(testBackends('native', 'wasm', 'cpu'))('graphs on %s', (backend) => {
  const generator = new Generator(11);
  const random = (...shape: number[]): tf.Tensor => normalTensor(shape, 0, 1, generator);

  beforeAll(async () => {
    await useBackend(backend);
    tf.engine().startScope();
  });
  afterAll(() => tf.engine().endScope());

  // node 2 is reached by nothing, and nothing starts at node 4
  const edges = { source: [0, 3, 1, 0, 2, 0], destination: [1, 0, 3, 0, 1, 1], sources: 5, destinations: 4 };
  const dense = (weights: ArrayLike<number>): tf.Tensor2D => {
    const matrix = tf.buffer([4, 5]);
    edges.source.forEach((s, e) => {
      const d = edges.destination[e]!;
      matrix.set(matrix.get(d, s) + weights[e]!, d, s);
    });
    return matrix.toTensor() as tf.Tensor2D;
  };

  it('multiplies by a sparse matrix', () => {
    const graph = new Adjacency(edges);
    const [x, weights] = [random(5, 7), random(6)];
    expectClose(spmm(graph, weights, x), tf.matMul(dense(weights.dataSync()), x as tf.Tensor2D));
    expectClose(spmm(graph, null, x), tf.matMul(dense([1, 1, 1, 1, 1, 1]), x as tf.Tensor2D));
    const back = random(4, 7);
    expectClose(spmm(graph.transposed, weights, back), tf.matMul(dense(weights.dataSync()), back as tf.Tensor2D, true));
    expect(graph.transposed.transposed).toBe(graph);
    expectGradient((v, w) => spmm(graph, w!, v!), [x, weights]);
    expectGradient((v) => spmm(graph, null, v!), [x]);
    graph.dispose();
  });

  it('multiplies head by head', () => {
    const graph = new Adjacency(edges);
    const [x, weights] = [random(5, 3, 8), random(6, 3)];
    const heads = tf
      .unstack(weights, 1)
      .map((w, h) => spmm(graph, w, tf.squeeze(tf.slice(x, [0, h, 0], [5, 1, 8]), [1])));
    expectClose(spmm(graph, weights, x), tf.stack(heads, 1));
    expectGradient((v, w) => spmm(graph, w!, v!), [x, weights]);
    graph.dispose();
  });

  it('compares the ends of each edge, head by head', () => {
    const graph = new Adjacency(edges);
    const [a, b] = [random(4, 3, 8), random(5, 3, 8)];
    const products = tf.mul(tf.gather(a, edges.destination), tf.gather(b, edges.source));
    expectClose(sddmm(graph, a, b), tf.sum(products, 2));
    expectGradient((v, w) => sddmm(graph, v!, w!), [a, b]);
    expect(() => sddmm(graph, a, random(5, 2, 8))).toThrow('sddmm: takes [4, heads, width]');
    graph.dispose();
  });

  it('takes compressed rows, sorted edges and no edges', () => {
    const graph = Adjacency.fromRows([0, 2, 2, 3], [1, 0, 3], 4);
    const x = random(4, 2);
    const [r0, r1, r3] = [0, 1, 3].map((row) => tf.slice(x, [row, 0], [1, 2])) as [tf.Tensor, tf.Tensor, tf.Tensor];
    expectClose(spmm(graph, null, x), tf.concat([tf.add(r0, r1), tf.zeros([1, 2]), r3], 0));
    expectGradient((v, w) => spmm(graph, w!, v!), [x, random(3)]);
    const empty = new Adjacency({ source: [], destination: [], sources: 3 });
    expectValues(spmm(empty, null, random(3, 2)), [0, 0, 0, 0, 0, 0]);
    graph.dispose();
    empty.dispose();
  });

  it('says what is wrong with a graph', () => {
    expect(() => new Adjacency({ source: [0, 5], destination: [0, 1], sources: 5 })).toThrow('number 1 is 5');
    expect(() => new Adjacency({ source: [0], destination: [0, 1], sources: 5 })).toThrow('1 sources and 2');
    expect(() => Adjacency.fromRows([0, 2, 1, 3], [0, 0, 0])).toThrow('falls after row 1');
    expect(() => Adjacency.fromRows([0, 1], [0, 0])).toThrow('from 0 to the number of edges');
    expect(() => new Segments([0, 1.5], 3)).toThrow('whole number');
    const graph = new Adjacency(edges);
    expect(() => spmm(graph, null, random(4, 2))).toThrow('a row for each source');
    expect(() => spmm(graph, random(6, 2), random(5, 3, 2))).toThrow('weights must be');
    expect(() => segmentSum(random(5, 2), graph.incoming)).toThrow('a row for each id');
    graph.dispose();
  });

  it('keeps its tensors out of scopes and frees them', () => {
    const before = tf.memory().numTensors;
    const made: functional.Adjacency[] = [];
    tf.tidy(() => void made.push(new Adjacency(edges)));
    const graph = made[0]!;
    expect(spmm(graph, null, random(5, 1)).shape).toEqual([4, 1]);
    graph.dispose();
    expect(tf.memory().numTensors).toBe(before + 2);
  });

  describe.each([
    ['sorted', [0, 0, 1, 3, 3, 3, 3]],
    ['unsorted', [3, 0, 3, 1, 3, 0, 3]],
  ])('%s segments', (_, ids) => {
    const width = 5;
    const rowsOf = (x: tf.Tensor, segment: number): number[][] =>
      (x.arraySync() as number[][]).filter((__, row) => ids[row] === segment);
    const byHand = (x: tf.Tensor, reduce: (column: number[]) => number): number[] =>
      [0, 1, 2, 3].flatMap((segment) => {
        const rows = rowsOf(x, segment);
        return Array.from({ length: width }, (__, c) => (rows.length === 0 ? 0 : reduce(rows.map((row) => row[c]!))));
      });
    const add = (numbers: number[]): number => numbers.reduce((sum, n) => sum + n, 0);

    it('sums, averages and takes the largest', () => {
      const segments = new Segments(ids, 4);
      // far enough apart for finite differences of the maximum
      const x = tf.tensor2d(Float32Array.from(generator.permutation(7 * width)), [7, width]);
      expectValues(segmentSum(x, segments), byHand(x, add));
      expectValues(
        segmentMean(x, segments),
        byHand(x, (column) => add(column) / column.length),
      );
      expectValues(
        segmentMax(x, segments),
        byHand(x, (column) => Math.max(...column)),
      );
      for (const op of [segmentSum, segmentMean, segmentMax]) expectGradient((v) => op(v!, segments), [x]);
      expect(segmentSum(random(7, 2, 3), segments).shape).toEqual([4, 2, 3]);
      expect(segmentMax(random(7), segments).shape).toEqual([4]);
      segments.dispose();
    });

    it('softmax', () => {
      const segments = new Segments(ids, 4);
      const x = random(7, width);
      const y = segmentSoftmax(x, segments);
      const ones = byHand(x, () => 1);
      const weights = random(7, width);
      expectValues(segmentSum(y, segments), ones);
      const raised = tf.exp(x);
      expectClose(y, tf.div(raised, tf.gather(segmentSum(raised, segments), segments.ids)));
      expectClose(segmentSoftmax(tf.add(x, 1000), segments), y, { rtol: 1e-4, atol: 1e-4 });
      expectGradient((v) => tf.mul(segmentSoftmax(v!, segments), weights), [x]);
      segments.dispose();
    });

    it('shares the gradient among equally large rows', () => {
      const segments = new Segments(ids, 4);
      const x = tf.ones([7, 1]);
      const dx = tf.grad((v) => segmentMax(v, segments))(x, tf.tensor2d([6, 5, 9, 8], [4, 1]));
      const expected = { 0: 3, 1: 5, 3: 2 } as Record<number, number>;
      expectValues(
        dx,
        ids.map((id) => expected[id]!),
      );
      segments.dispose();
    });
  });

  it('takes one giant segment among tiny ones', () => {
    // both sides of what is cut into blocks
    const [giant, count] = [70_000, 100_000];
    const ids = Int32Array.from({ length: count }, (_, row) => {
      if (row % 10 < 7) return 500;
      const other = generator.integer(0, 1000);
      return other === 500 ? 501 : other;
    });
    const segments = new Segments(ids, 1000);
    const x = random(count, 1);
    const [values, sums] = [x.dataSync(), new Float64Array(1000)];
    const [most, raised] = [new Float64Array(1000).fill(-Infinity), new Float64Array(1000)];
    ids.forEach((id, row) => {
      sums[id]! += values[row]!;
      most[id] = Math.max(most[id]!, values[row]!);
      raised[id]! += Math.exp(values[row]!);
    });
    expect(segments.values.pointer[501]! - segments.values.pointer[500]!).toBe(giant);
    expectValues(segmentSum(x, segments), sums, { rtol: 1e-4, atol: 1e-3 });
    expectValues(
      segmentMax(x, segments),
      most.map((value) => (value === -Infinity ? 0 : value)),
    );
    const expected = values.map((value, row) => Math.exp(value) / raised[ids[row]!]!);
    expectValues(segmentSoftmax(x, segments), expected, { rtol: 1e-4, atol: 1e-7 });
    segments.dispose();
  });

  it('passes infinities and NaN on', () => {
    const segments = new Segments([0, 0, 0, 1, 1, 2, 2, 3], 5);
    const x = tf.tensor2d([1, NaN, 2, -Infinity, -Infinity, -Infinity, Infinity, 0], [8, 1]);
    expectValues(segmentMax(x, segments), [NaN, -Infinity, Infinity, 0, 0]);
    const softmax = segmentSoftmax(tf.tensor2d([1, NaN, 2, -Infinity, -Infinity, -Infinity, 3, 0], [8, 1]), segments);
    expectValues(softmax, [NaN, NaN, NaN, NaN, NaN, 0, 1, 1]);
    expectValues(tf.grad((v) => segmentMax(v, segments))(x), [0, 0, 0, 0.5, 0.5, 0, 1, 1]);
    segments.dispose();
  });

  it('differentiates twice', () => {
    const graph = new Adjacency(edges);
    const twice = (fn: (x: tf.Tensor) => tf.Tensor): ((x: tf.Tensor) => tf.Tensor) =>
      tf.grad((x) => tf.sum(tf.square(tf.grad((v: tf.Tensor) => tf.sum(tf.square(fn(v))))(x))));
    const weights = random(6);
    const numeric = (fn: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): void =>
      expectGradient((v) => tf.sum(tf.square(tf.grad((u: tf.Tensor) => tf.sum(tf.square(fn(u))))(v!))), [x]);
    numeric((x) => spmm(graph, weights, x), random(5, 3));
    numeric((x) => segmentSoftmax(x, graph.incoming), random(6, 2));
    numeric((x) => segmentMax(x, graph.incoming), tf.tensor2d([3, 1, 4, -1, 5, 9, 2, 6, -5, 3.5, -8, 7], [6, 2]));
    expect(twice((x) => segmentMean(x, graph.incoming))(random(6, 2)).shape).toEqual([6, 2]);
    graph.dispose();
  });
});
