import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { beforeAll, describe, it } from 'vitest';
import { expectAgreement, type Given } from './agree.js';

type Case = [name: string, given: Given[], fn: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]];

const x4: Given = { shape: [2, 6, 4, 3] };
const ints: Given = { shape: [2, 6, 4, 3], dtype: 'int32' };
const bools: Given = { shape: [5, 3], dtype: 'bool' };

const cases: Case[] = [
  ['tile', [x4], (x) => tf.tile(x, [1, 2, 1, 3])],
  ['tile of an int32', [ints], (x) => tf.tile(x, [2, 1, 1, 1])],
  ['tile of a bool', [bools], (x) => tf.tile(x, [2, 3])],
  ['tile of 5 axes', [{ shape: [1, 2, 1, 3, 2] }], (x) => tf.tile(x, [2, 1, 3, 1, 2])],
  ['tile of a long row', [{ shape: [1, 200] }], (x) => tf.tile(x, [3, 2])],
  ['broadcastTo', [{ shape: [3] }], (x) => tf.broadcastTo(x, [2, 4, 3])],
  ['reverse', [x4], (x) => tf.reverse(x, [1, -1])],
  ['reverse of everything', [{ shape: [3, 70] }], (x) => tf.reverse(x)],
  ['slice', [x4], (x) => tf.slice(x, [0, 1, 0, 1], [-1, 3, 2, -1])],
  ['slice of a long row', [{ shape: [4, 300] }], (x) => tf.slice(x, [1, 7], [2, 250])],
  ['empty slice', [x4], (x) => tf.slice(x, [0, 0, 0, 0], [0, 6, 4, 3])],
  ['stridedSlice', [x4], (x) => tf.stridedSlice(x, [0, 1, 3, 0], [2, 6, 0, 3], [1, 2, -1, 2])],
  ['stridedSlice, masks', [x4], (x) => tf.stridedSlice(x, [1, 1], [2, 4], [1, 1], 0, 2, 0, 0, 1)],
  ['stridedSlice, ellipsis and new axis', [x4], (x) => tf.stridedSlice(x, [0, 0, 1], [0, 0, 2], [1, 1, 1], 0, 0, 1, 2)],
  ['concat', [x4, { shape: [2, 6, 4, 5] }, x4], (...all) => tf.concat(all, -1)],
  ['concat along the first axis', [x4, ints], (a, b) => tf.concat([a!, tf.cast(b!, 'float32')], 0)],
  ['concat with an empty one', [{ shape: [0, 3] }, { shape: [2, 3] }], (...all) => tf.concat(all, 0)],
  ['stack', [x4, x4, x4], (...all) => tf.stack(all, -1)],
  ['stack in front', [bools, bools], (...all) => tf.stack(all, 0)],
  ['split', [x4], (x) => tf.split(x, 3, 1)],
  ['split by sizes', [ints], (x) => tf.split(x, [1, 3, 2], 1)],
  ['unstack', [x4], (x) => tf.unstack(x, 2)],
  [
    'spaceToBatchND',
    [x4],
    (x) =>
      tf.spaceToBatchND(
        x,
        [2, 3],
        [
          [1, 1],
          [2, 0],
        ],
      ),
  ],
  [
    'batchToSpaceND',
    [{ shape: [6, 4, 3, 2] }],
    (x) =>
      tf.batchToSpaceND(
        x,
        [3, 2],
        [
          [2, 1],
          [1, 1],
        ],
      ),
  ],
  ['batchToSpaceND of 3 axes', [{ shape: [4, 3, 2] }], (x) => tf.batchToSpaceND(x, [2], [[1, 0]])],
  ['depthToSpace', [{ shape: [2, 3, 2, 12] }], (x) => tf.depthToSpace(x as tf.Tensor4D, 2)],
  [
    'gather',
    [x4],
    (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [0, 3],
            [5, 5],
          ],
          [2, 2],
          'int32',
        ),
        1,
      ),
  ],
  ['gather of rows', [{ shape: [5, 100] }], (x) => tf.gather(x, tf.tensor1d([4, 0, 4], 'int32'))],
  [
    'gather with batch axes',
    [{ shape: [2, 3, 4, 5] }],
    (x) =>
      tf.gather(
        x,
        tf.tensor2d(
          [
            [0, 3, 1],
            [2, 2, 0],
          ],
          [2, 3],
          'int32',
        ),
        2,
        1,
      ),
  ],
  ['gather by scalar', [x4], (x) => tf.gather(x, tf.scalar(1, 'int32'), 2)],
  ['unsortedSegmentSum', [x4], (x) => tf.unsortedSegmentSum(x, tf.tensor1d([2, 0], 'int32'), 4)],
  [
    'unsortedSegmentSum drops -1',
    [{ shape: [4, 2] }],
    (x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, -1, 1, 0], 'int32'), 2),
  ],
  ['cast to bool', [{ shape: [4], values: [0, 256, -1, 0.25] }], (x) => tf.cast(x, 'bool')],
  ['cast to int32', [{ shape: [4], values: [1.9, -1.9, 0.5, 100] }], (x) => tf.cast(x, 'int32')],
  ['cast of a bool', [bools], (x) => tf.cast(x, 'float32')],
  ['clone', [x4], (x) => tf.clone(x)],
  ...(['float32', 'int32', 'bool'] as const).map((dtype): Case => [
    `oneHot of dtype ${dtype}`,
    [{ shape: [2, 3], dtype: 'int32', values: [0, 3, -1, 2, 4, 1] }],
    (x) => tf.oneHot(x as tf.Tensor2D, 4, 1, 0, dtype),
  ]),
];

describe('kernels that move values agree with cpu', () => {
  beforeAll(async () => {
    await useBackend('cpu');
    await useBackend('wasm');
  });

  it.each(cases)('%s', async (_, given, fn) => expectAgreement(given, fn));
});
