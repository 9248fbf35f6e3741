import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { agrees, given, native, of } from './oracle.js';

const dtypes = ['float32', 'int32', 'bool'] as const;
const odd = [NaN, Infinity, -Infinity, -0, 1e-42, 3];

beforeAll(async () => {
  await native();
});

describe('transpose', () => {
  const cases: Array<[number[], number[]]> = [
    [
      [3, 5],
      [1, 0],
    ],
    [
      [1, 7],
      [1, 0],
    ],
    [
      [0, 7],
      [1, 0],
    ],
    [
      [64, 80],
      [1, 0],
    ],
    [
      [131, 67],
      [1, 0],
    ],
    [
      [300, 200],
      [1, 0],
    ],
    [
      [2, 7, 3, 16],
      [0, 2, 1, 3],
    ],
    [
      [3, 40, 4, 32],
      [0, 2, 1, 3],
    ],
    [
      [2, 17, 33, 5],
      [0, 3, 1, 2],
    ],
    [
      [2, 5, 17, 33],
      [0, 2, 3, 1],
    ],
    [
      [40, 50, 3],
      [1, 0, 2],
    ],
    [
      [40, 50, 2, 2],
      [2, 1, 0, 3],
    ],
    [
      [70, 90, 25],
      [1, 0, 2],
    ],
    [
      [2, 3, 4, 5, 6, 2],
      [5, 3, 1, 0, 2, 4],
    ],
    [
      [6, 5, 40],
      [2, 1, 0],
    ],
    [[4], [0]],
    [[], []],
  ];
  it.each(cases)('of %j by %j', async (shape, perm) => {
    for (const dtype of dtypes) await agrees([given(shape, dtype)], (x) => tf.transpose(x, perm));
  });
  it('keeps odd numbers', () => agrees([of([...odd, ...odd], [3, 4], 'float32')], (x) => tf.transpose(x)));
  it('shares what keeps its order', async () => {
    await native();
    const before = tf.memory().numBytes;
    tf.tidy(() => {
      const x = tf.zeros([1, 5, 1, 3]);
      const y = tf.transpose(x, [1, 2, 0, 3]);
      expect(y.shape).toEqual([5, 1, 1, 3]);
      expect(tf.memory().numDataBuffers).toBeGreaterThan(0);
      expect(y.dataId).toBe(x.dataId);
    });
    expect(tf.memory().numBytes).toBe(before);
  });
});

describe('slices', () => {
  const cases: Array<[number[], number[], number[]]> = [
    [[10], [3], [4]],
    [
      [10, 6],
      [2, 1],
      [5, 3],
    ],
    [
      [10, 6],
      [2, 0],
      [5, 6],
    ],
    [
      [10, 6],
      [2, 1],
      [0, 3],
    ],
    [
      [40, 30, 50],
      [1, 2, 3],
      [35, 20, 44],
    ],
    [
      [3, 4, 5, 6, 2],
      [1, 0, 2, 1, 0],
      [1, 4, 2, 4, 2],
    ],
    [
      [3, 4],
      [0, 0],
      [3, 4],
    ],
  ];
  it.each(cases)('of %j from %j, size %j', async (shape, begin, size) => {
    for (const dtype of dtypes) await agrees([given(shape, dtype)], (x) => tf.slice(x, begin, size));
  });
  it('refuses what lies outside', async () => {
    await native();
    expect(() => tf.slice(tf.zeros([3, 3]), [1, 1], [3, 1])).toThrow();
  });
  const strided: Array<[number[], number[], number[], number[]]> = [
    [[10], [1], [9], [3]],
    [[10], [8], [0], [-2]],
    [
      [7, 9],
      [0, 8],
      [7, 0],
      [2, -1],
    ],
    [
      [50, 60, 20],
      [3, 50, 1],
      [45, 2, 19],
      [1, -3, 2],
    ],
    [
      [4, 5],
      [3, 0],
      [1, 5],
      [1, 1],
    ],
  ];
  it.each(strided)('of %j from %j to %j by %j', async (shape, begin, end, strides) => {
    for (const dtype of dtypes) await agrees([given(shape, dtype)], (x) => tf.stridedSlice(x, begin, end, strides));
  });
  it('with masks', () =>
    agrees([given([4, 5, 6])], (x) => [
      tf.stridedSlice(x, [1, 0, 2], [2, 0, 5], [1, 1, 2], 0, 2, 0, 0, 1),
      tf.stridedSlice(x, [0, 1], [0, 3], [1, 1], 0, 0, 1, 0, 0),
      tf.stridedSlice(x, [1, 0, 2], [2, 1, 4], [1, 1, 1], 0, 0, 0, 2, 1),
    ]));
});

describe('repetition and reversal', () => {
  const cases: Array<[number[], number[]]> = [
    [[3], [4]],
    [[1], [100]],
    [
      [2, 3],
      [3, 2],
    ],
    [
      [1, 5],
      [70, 1],
    ],
    [
      [5, 1],
      [1, 90],
    ],
    [
      [2, 1, 3, 1],
      [1, 4, 2, 3],
    ],
    [
      [40, 30],
      [9, 8],
    ],
    [
      [2, 3, 2, 2, 3, 2],
      [2, 1, 2, 3, 1, 2],
    ],
    [
      [3, 2],
      [0, 2],
    ],
  ];
  it.each(cases)('tile %j by %j', async (shape, reps) => {
    for (const dtype of dtypes) await agrees([given(shape, dtype)], (x) => tf.tile(x, reps));
  });
  const reversals: Array<[number[], number[]]> = [
    [[7], [0]],
    [[100], [0]],
    [[4, 5], [1]],
    [[4, 5], [0]],
    [
      [40, 50, 33],
      [0, 2],
    ],
    [[3, 0], [1]],
    [[], []],
  ];
  it.each(reversals)('reverse %j along %j', async (shape, axes) => {
    for (const dtype of dtypes) await agrees([given(shape, dtype)], (x) => tf.reverse(x, axes));
  });
});

describe('joining and taking apart', () => {
  const cases: Array<[number[][], number]> = [
    [[[3], [2], [4]], 0],
    [
      [
        [2, 3],
        [2, 1],
      ],
      1,
    ],
    [
      [
        [2, 3],
        [5, 3],
      ],
      0,
    ],
    [
      [
        [2, 0],
        [2, 3],
        [2, 0],
      ],
      1,
    ],
    [
      [
        [50, 40, 3],
        [50, 70, 3],
        [50, 1, 3],
      ],
      1,
    ],
    [
      [
        [200, 300],
        [200, 3],
      ],
      -1,
    ],
    [[[1], [1]], 0],
  ];
  it.each(cases)('concat %j along %j', async (shapes, axis) => {
    for (const dtype of dtypes)
      await agrees(
        shapes.map((shape) => given(shape, dtype)),
        (...xs) => tf.concat(xs, axis),
      );
  });
  it('thousands at once', async () => {
    const rows = Array.from({ length: 4500 }, () => given([2, 3]));
    await agrees(rows, (...xs) => tf.concat(xs, 1));
    await agrees(rows.slice(0, 2500), (...xs) => tf.stack(xs, 1));
    await agrees([given([3, 4500, 2])], (x) => tf.unstack(x, 1));
  });
  it.each([0, 1, 2, -1])('stack along %j', async (axis) => {
    for (const dtype of dtypes) {
      await agrees([given([3, 4], dtype), given([3, 4], dtype), given([3, 4], dtype)], (...xs) => tf.stack(xs, axis));
    }
  });
  const splits: Array<[number[], number | number[], number]> = [
    [[6, 4], 3, 0],
    [[6, 4], [1, 3], 1],
    [[6, 4], [1, -1, 2], 0],
    [[6, 4], [0, 6], 0],
    [[30, 70, 50], [20, 50], 1],
    [[200, 300], [1, 299], -1],
    [[5], 1, 0],
  ];
  it.each(splits)('split %j into %j along %j', async (shape, sizes, axis) => {
    for (const dtype of dtypes) await agrees([given(shape, dtype)], (x) => tf.split(x, sizes, axis));
  });
  it.each([0, 1, 2])('unstack along %j', async (axis) => {
    for (const dtype of dtypes) await agrees([given([3, 4, 5], dtype)], (x) => tf.unstack(x, axis));
  });
});

describe('borders', () => {
  const cases: Array<[number[], Array<[number, number]>]> = [
    [[3], [[2, 1]]],
    [[3], [[0, 0]]],
    [[2, 3], [[0, 0], [1, 2]]],
    [[2, 3], [[1, 0], [0, 0]]],
    [[0, 3], [[1, 1], [0, 2]]],
    [[2, 9, 11, 5], [[0, 0], [1, 2], [2, 0], [0, 0]]],
    [[3, 50, 60, 9], [[0, 0], [1, 1], [1, 1], [0, 3]]],
    [[100000], [[3, 5]]],
    [[2, 2, 2, 2, 2], [[1, 0], [0, 1], [1, 1], [2, 0], [0, 2]]],
  ]; // prettier-ignore
  it.each(cases)('of %j by %j', async (shape, paddings) => {
    for (const dtype of dtypes) await agrees([given(shape, dtype)], (x) => tf.pad(x, paddings, 0));
    await agrees([given(shape)], (x) => tf.pad(x, paddings, -1.5));
    await agrees([given(shape)], (x) => tf.pad(x, paddings, NaN));
    await agrees([given(shape, 'int32')], (x) => tf.pad(x, paddings, -7));
    await agrees([given(shape, 'bool')], (x) => tf.pad(x, paddings, 1));
  });
  const mirrors: Array<[number[], Array<[number, number]>]> = [
    [[5], [[2, 4]]],
    [[3, 4], [[2, 1], [0, 3]]],
    [[2, 7, 6, 3], [[0, 0], [3, 2], [1, 1], [0, 0]]],
    [[60, 70, 20], [[5, 9], [0, 0], [3, 2]]],
    [[3, 4], [[0, 0], [0, 0]]],
  ]; // prettier-ignore
  it.each(mirrors)('mirrored %j by %j', async (shape, paddings) => {
    for (const mode of ['reflect', 'symmetric'] as const) {
      for (const dtype of dtypes) await agrees([given(shape, dtype)], (x) => tf.mirrorPad(x, paddings, mode));
    }
  });
});

describe('space and batch', () => {
  it('depth to space', async () => {
    await agrees([given([2, 3, 5, 12])], (x) => tf.depthToSpace(x as tf.Tensor4D, 2, 'NHWC'));
    await agrees([given([2, 20, 30, 64])], (x) => tf.depthToSpace(x as tf.Tensor4D, 4, 'NHWC'));
  });
  const cases: Array<[number[], number[], number[][]]> = [
    [[1, 4, 4, 1], [2, 2], [[0, 0], [0, 0]]],
    [[2, 5, 7, 3], [2, 3], [[1, 2], [0, 2]]],
    [[3, 6], [2], [[1, 1]]],
    [[2, 9, 4, 5], [3], [[2, 4]]],
    [[1, 2, 2, 1], [2, 2], [[2, 0], [0, 2]]],
  ]; // prettier-ignore
  it.each(cases)('blocks of %j by %j, borders %j', async (shape, block, borders) => {
    for (const dtype of dtypes) {
      await agrees([given(shape, dtype)], (x) => tf.spaceToBatchND(x, block, borders));
      await agrees([given(shape, dtype)], (x) =>
        tf.batchToSpaceND(tf.spaceToBatchND(x, block, borders), block, borders),
      );
    }
  });
});

describe('gradients', () => {
  const moves: Array<[string, (x: tf.Tensor) => tf.Tensor]> = [
    ['transpose', (x) => tf.transpose(x, [2, 0, 1])],
    ['slice', (x) => tf.slice(x, [1, 2, 0], [2, 3, 3])],
    ['strided slice', (x) => tf.stridedSlice(x, [3, 0, 2], [0, 6, 0], [-2, 3, -1])],
    ['concat', (x) => tf.concat([x, tf.zeros([4, 2, 3])], 1)],
    ['unstack and stack', (x) => tf.stack(tf.unstack(x, 1), 2)],
    ['pad', (x) => tf.pad(x, [[1, 0], [0, 2], [1, 1]])], // prettier-ignore
    ['reverse', (x) => tf.reverse(x, [0, 2])],
    ['split', (x) => tf.concat(tf.split(x, [2, 4], 1), 1)],
    ['expandDims', (x) => tf.expandDims(x, 1)],
    ['space to batch', (x) => tf.spaceToBatchND(x, [2, 3], [[1, 1], [0, 3]])], // prettier-ignore
  ];
  it.each(moves)('of %s', async (_, move) => {
    await native();
    const shape = tf.tidy(() => move(tf.zeros([4, 6, 3])).shape);
    await agrees([given([4, 6, 3]), given(shape)], (x, dy) => tf.grad(move)(x, dy));
  });
});
