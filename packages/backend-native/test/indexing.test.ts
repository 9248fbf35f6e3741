import * as tf from '@tensorflow/tfjs-core';
import { functional } from '@hourglass/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { agrees, given, native, of } from './oracle.js';

const dtypes = ['float32', 'int32', 'bool'] as const;
/** Sums of few numbers in another order. */
const close = { rtol: 1e-5, atol: 1e-5 };

beforeAll(async () => {
  await native();
});

const numbered = (shape: number[], size: number): ReturnType<typeof given> => given(shape, 'int32', [0, size]);

describe('gather', () => {
  const cases: Array<[number[], number[], number, number]> = [
    [[5], [3], 0, 0],
    [[5, 3], [4], 0, 0],
    [[5, 3], [4], 1, 0],
    [[5, 3, 7], [2, 2], 1, 0],
    [[5, 1], [], 0, 0],
    [[5, 3], [0], 0, 0],
    [[4, 5, 3], [4, 2], 1, 1],
    [[4, 2, 5, 3], [4, 6], 2, 1],
    [[2, 3, 4, 5], [2, 3, 2, 2], 3, 2],
    [[300, 70], [900], 0, 0],
    [[70, 300, 2], [400], 1, 0],
    [[9, 9, 3], [20], -1, 0],
  ];
  it.each(cases)('of %j by %j along %j, %j batch axes', async (shape, indices, axis, batchDims) => {
    const size = shape.at(axis)!;
    for (const dtype of dtypes) {
      await agrees([given(shape, dtype), numbered(indices, size)], (x, ids) =>
        tf.gather(x, ids as tf.Tensor1D, axis, batchDims),
      );
    }
  });

  it.each(cases)('gradient of %j by %j along %j, %j batch axes', async (shape, indices, axis, batchDims) => {
    const gather = (x: tf.Tensor, ids: tf.Tensor): tf.Tensor => tf.gather(x, ids as tf.Tensor1D, axis, batchDims);
    const out = tf.tidy(() => gather(tf.zeros(shape), tf.zeros(indices, 'int32')).shape);
    await agrees(
      [given(shape), numbered(indices, shape.at(axis)!), given(out)],
      (x, ids, dy) => tf.grad((v) => gather(v, ids))(x, dy),
      close,
    );
  });

  it('says which index is wrong, and frees what it made', async () => {
    await native();
    const before = tf.memory();
    tf.tidy(() => {
      const x = tf.zeros([4, 3]);
      expect(() => tf.gather(x, tf.tensor1d([0, 4], 'int32'))).toThrow('index 4 is not in [0, 3]');
      expect(() => tf.gather(x, tf.tensor1d([-1], 'int32'))).toThrow('index -1 is not in [0, 3]');
      expect(() => tf.gatherND(x, tf.tensor2d([[4]], [1, 1], 'int32'))).toThrow('index 4 is not in [0, 3]');
      expect(() => tf.scatterND(tf.tensor2d([[7]], [1, 1], 'int32'), tf.zeros([1, 3]), [4, 3])).toThrow('index 7');
    });
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    expect((tf.memory() as { numBytesInBlocks?: number }).numBytesInBlocks).toBe(
      (before as { numBytesInBlocks?: number }).numBytesInBlocks,
    );
  });
});

describe('tuples of indices', () => {
  const cases: Array<[number[], number[][]]> = [
    [[5], [[0], [4], [2]]],
    [[4, 3], [[0], [3], [0]]],
    [[4, 3], [[0, 2], [3, 1], [0, 2]]],
    [[3, 4, 5], [[2, 3], [0, 1], [2, 3]]],
  ]; // prettier-ignore
  it.each(cases)('gather and scatter %j at %j', async (shape, tuples) => {
    const depth = tuples[0]!.length;
    const indices = of(tuples.flat(), [tuples.length, depth]);
    const rows = [tuples.length, ...shape.slice(depth)];
    for (const dtype of dtypes) {
      await agrees([given(shape, dtype), indices], (x, at) => tf.gatherND(x, at));
      await agrees([given(shape, dtype), indices, given(rows, dtype)], (x, at, u) => tf.tensorScatterUpdate(x, at, u));
      if (dtype !== 'bool') await agrees([indices, given(rows, dtype)], (at, u) => tf.scatterND(at, u, shape), close);
    }
    const gather = (x: tf.Tensor, at: tf.Tensor): tf.Tensor => tf.gatherND(x, at);
    await agrees([given(shape), indices, given(rows)], (x, at, dy) => tf.grad((v) => gather(v, at))(x, dy), close);
    await agrees([given(rows), indices, given(shape)], (u, at, dy) =>
      tf.grad((v) => tf.scatterND(at, v, shape))(u, dy),
    );
    await agrees([given(shape), given(rows), indices, given(shape)], (x, u, at, dy) => {
      const [dx, du] = tf.grads((v, w) => tf.tensorScatterUpdate(v, at, w))([x, u], dy);
      return [dx!, du!];
    });
  });

  it.each([[100, 20, 3000], [5000, 1, 40000], [3, 200, 900], [40, 2, 60000]])(
    'adds up: %j places of %j, %j rows',
    async (places, width, count) => {
      await agrees(
        [numbered([count, 1], places), given([count, width], 'int32')],
        (at, u) => tf.scatterND(at, u, [places, width]),
      );
      await agrees(
        [numbered([count, 1], places), given([count, width])],
        (at, u) => tf.scatterND(at, u, [places, width]),
        { rtol: 1e-4, atol: 1e-3 },
      );
    },
  ); // prettier-ignore

  it('writes the last of several', async () => {
    const at = numbered([5000, 1], 700);
    await agrees([given([700, 40]), at, given([5000, 40])], (x, ids, u) => tf.tensorScatterUpdate(x, ids, u));
    await agrees([given([700, 9], 'int32'), at, given([5000, 9], 'int32')], (x, ids, u) =>
      tf.tensorScatterUpdate(x, ids, u),
    );
  });

  it('sparse to dense', async () => {
    await agrees([of([1, 5, 2]), of([1, 2, 3], [3], 'float32'), of([-1], [], 'float32')], (at, v, d) =>
      tf.sparseToDense(at, v, [7], d as tf.Scalar),
    );
    await agrees([of([0, 1, 2, 0], [2, 2]), of([4], []), of([9], [])], (at, v, d) =>
      tf.sparseToDense(at, v, [3, 2], d as tf.Scalar),
    );
  });
});

describe('segment sums', () => {
  const cases: Array<[number, number, number[]]> = [
    [10, 4, []],
    [10, 4, [3]],
    [0, 4, [3]],
    [10, 0, [3]],
    [7, 20, [2, 5]],
    [3000, 50, [70]],
    [3000, 50, [300]],
    [40000, 9000, [3]],
    [40000, 50, [3]],
    [40000, 5000, [4]],
    [9000, 5000, [17]],
  ];
  it.each(cases)('of %j rows in %j segments of %j', async (count, segments, rest) => {
    const ids = given([count], 'int32', [-2, segments + 2]);
    const sum = (x: tf.Tensor, at: tf.Tensor): tf.Tensor => tf.unsortedSegmentSum(x, at as tf.Tensor1D, segments);
    await agrees([given([count, ...rest], 'int32'), ids], sum);
    await agrees([given([count, ...rest]), ids], sum, { rtol: 1e-4, atol: 1e-3 });
  });

  it('have a gradient that drops what was dropped', () =>
    agrees([given([20, 3]), given([20], 'int32', [-2, 4]), given([4, 3])], (x, ids, dy) =>
      tf.grad((v) => tf.unsortedSegmentSum(v, ids as tf.Tensor1D, 4))(x, dy),
    ));

  it('of rows picked by index', async () => {
    const inputs = [given([6, 3, 2]), of([5, 0, 0, 2, 3]), of([0, 0, 2, 3, 3])];
    for (const op of [tf.sparse.sparseSegmentSum, tf.sparse.sparseSegmentMean]) {
      await agrees(inputs, (x, at, ids) => op(x as tf.Tensor2D, at as tf.Tensor1D, ids as tf.Tensor1D), close);
    }
    await native();
    expect(() =>
      tf.sparse.sparseSegmentSum(tf.zeros([2, 2]), tf.tensor1d([2], 'int32'), tf.tensor1d([0], 'int32')),
    ).toThrow('index 2 is not in [0, 1]');
    expect(() =>
      tf.sparse.sparseSegmentSum(tf.zeros([2, 2]), tf.tensor1d([0, 0], 'int32'), tf.tensor1d([1, 0], 'int32')),
    ).toThrow();
  });
});

describe('one hot', () => {
  it.each(dtypes)('%s', async (dtype) => {
    const indices = of([2, 0, -1, 4, 7, 3], [2, 3]);
    await agrees([indices], (at) => tf.oneHot(at as tf.Tensor1D, 5, 1, 0, dtype));
    await agrees([indices], (at) => tf.oneHot(at as tf.Tensor1D, 2, 0, 1, dtype));
    if (dtype === 'float32') await agrees([indices], (at) => tf.oneHot(at as tf.Tensor1D, 5, 0.9, -0.1, dtype));
    await agrees([numbered([200], 800)], (at) => tf.oneHot(at as tf.Tensor1D, 800, 1, 0, dtype));
  });
});

describe('the largest', () => {
  const cases: Array<[number[], number]> = [
    [[7], 3],
    [[7], 7],
    [[5, 40], 1],
    [[5, 40], 0],
    [[3, 4, 100], 20],
    [[3, 700], 40],
    [[2, 1500], 1500],
    [[60, 900], 200],
    [[300, 200], 5],
  ];
  it.each(cases)('of %j: %j', async (shape, k) => {
    await agrees([given(shape)], (x) => Object.values(tf.topk(x, k)));
    // many ties
    await agrees([given(shape, 'int32', [-3, 4])], (x) => Object.values(tf.topk(x, k)));
    await agrees([given(shape, 'int32', [-(2 ** 31), 2 ** 31])], (x) => Object.values(tf.topk(x, k)));
    if (k > 0)
      await agrees([given(shape), given([...shape.slice(0, -1), k])], (x, dy) =>
        tf.grad((v) => tf.topk(v, k).values)(x, dy),
      );
  });
  it('orders infinities and both zeros', () =>
    agrees([of([0, -0, Infinity, -1, -Infinity, 0, 5], [7], 'float32')], (x) => Object.values(tf.topk(x, 7))));
  it('takes NaN for the largest, as torch does', async () => {
    await native();
    for (const k of [2, 40]) {
      const x = Float32Array.from({ length: 60 }, (_, i) => (i === 33 ? NaN : i));
      const { values, indices } = tf.topk(tf.tensor1d(x), k);
      expect(values.dataSync()[0]).toBeNaN();
      expect(Array.from(indices.dataSync().slice(0, 2))).toEqual([33, 59]);
    }
  });
});

describe('counting', () => {
  it.each([[0, 10, 1], [0, 1, 0.1], [5, 0, 1], [5, 0, -2], [3, 3, 1], [0, 5, -1], [-3, 70000, 0.7]])(
    'from %j to %j by %j',
    async (start, stop, step) => {
      await agrees([], () => tf.range(start, stop, step, 'float32'));
      await agrees([], () => tf.range(start, stop, step, 'int32'));
    },
  ); // prettier-ignore
  it('linspace', () => agrees([], () => [tf.linspace(0, 1, 11), tf.linspace(5, -3, 1000), tf.linspace(2, 3, 2)]));
});

it('looks up and trains an embedding in one kernel each', async () => {
  const backend = await native();
  backend.fallbacks.clear();
  const ids = tf.tensor2d([1, 0, 3, 1], [2, 2], 'int32');
  const weight = tf.tensor2d([0, 1, 2, 3, 4, 5, 6, 7], [4, 2]);
  for (const paddingIdx of [null, 1]) {
    const y = functional.embedding(ids, weight, { paddingIdx });
    expect([...y.dataSync()]).toEqual([2, 3, 0, 1, 6, 7, 2, 3]);
    const dw = tf.grad((w) => functional.embedding(ids, w, { paddingIdx }))(weight, tf.ones([2, 2, 2]));
    expect([...dw.dataSync()]).toEqual([1, 1, paddingIdx === null ? 2 : 0, paddingIdx === null ? 2 : 0, 0, 0, 1, 1]);
  }
  expect([...backend.fallbacks]).toEqual([]);
});
