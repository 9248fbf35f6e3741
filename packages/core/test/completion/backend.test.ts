import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { beforeAll, describe, it } from 'vitest';
import { expectAgreement, type Given } from './agree.js';

type Case = [name: string, given: Given[], fn: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]];

const odd: Given = { shape: [6], values: [NaN, -1, 2, Infinity, -Infinity, 0] };
const ints: Given = { shape: [2, 3, 4], dtype: 'int32' };
const bools: Given = { shape: [2, 3, 4], dtype: 'bool' };
const floats: Given = { shape: [2, 3, 4] };
const five: Given = { shape: [2, 1, 3, 2, 4] };
const six: Given = { shape: [2, 1, 3, 2, 2, 2] };

const unary = {
  abs: tf.abs,
  relu: tf.relu,
  relu6: tf.relu6,
  neg: tf.neg,
  sign: tf.sign,
  floor: tf.floor,
  ceil: tf.ceil,
  round: tf.round,
  exp: tf.exp,
  log: tf.log,
  sqrt: tf.sqrt,
  tanh: tf.tanh,
  sigmoid: tf.sigmoid,
  elu: tf.elu,
  selu: tf.selu,
  softplus: tf.softplus,
  step: tf.step,
  square: tf.square,
  leakyRelu: tf.leakyRelu,
  erf: tf.erf,
  isNaN: tf.isNaN,
  isInf: tf.isInf,
  isFinite: tf.isFinite,
  clip: (x: tf.Tensor) => tf.clipByValue(x, -1, 1),
  reciprocal: tf.reciprocal,
  rsqrt: tf.rsqrt,
  expm1: tf.expm1,
  log1p: tf.log1p,
  sin: tf.sin,
  atan: tf.atan,
} as Record<string, (x: tf.Tensor) => tf.Tensor>;

const cases: Case[] = [
  ...Object.entries(unary).map(([name, fn]): Case => [
    `${name} of odd numbers`,
    [odd],
    (x) => tf.cast(fn(x!), 'float32'),
  ]),
  ...Object.entries({
    abs: tf.abs,
    neg: tf.neg,
    relu: tf.relu,
    square: tf.square,
    sign: tf.sign,
    clip: (x: tf.Tensor) => tf.clipByValue(x, -1, 1),
    exp: (x: tf.Tensor) => tf.exp(x),
    step: tf.step,
  }).map(([name, fn]): Case => [`${name} of an int32`, [ints], (x) => tf.cast(fn(x!), 'float32')]),
  ...Object.entries({
    add: tf.add,
    sub: tf.sub,
    mul: tf.mul,
    maximum: tf.maximum,
    minimum: tf.minimum,
    squaredDifference: tf.squaredDifference,
    greater: tf.greater,
    equal: tf.equal,
    notEqual: tf.notEqual,
    less: tf.less,
    lessEqual: tf.lessEqual,
  }).flatMap(([name, fn]): Case[] => [
    [`${name} of int32`, [ints, { shape: [4], dtype: 'int32' }], (a, b) => fn(a!, b!)],
    [
      `${name} with NaN`,
      [odd, { shape: [6], values: [1, NaN, 2, Infinity, 0, 0] }],
      (a, b) => tf.cast(fn(a!, b!), 'float32'),
    ],
    [`${name} of 5 axes`, [five, { shape: [3, 1, 4] }], (a, b) => fn(a!, b!)],
    [`${name} of 6 axes`, [six, { shape: [1, 3, 1, 2, 2] }], (a, b) => fn(a!, b!)],
  ]),
  ['add of int32 and float', [ints, floats], (a, b) => tf.add(a!, b!)],
  ['mul of bool and float', [bools, floats], (a, b) => tf.mul(a!, b!)],
  ['div of int32', [ints, ints], (a, b) => tf.div(a!, tf.add(tf.abs(b!), tf.scalar(1, 'int32')))],
  ['floorDiv', [ints, ints], (a, b) => tf.floorDiv(a!, tf.add(tf.abs(b!), tf.scalar(1, 'int32')))],
  ['floorDiv of floats', [floats, floats], (a, b) => tf.cast(tf.floorDiv(a!, b!), 'float32')],
  ['mod', [floats, floats], (a, b) => tf.mod(a!, b!)],
  ['mod of int32', [ints], (a) => tf.mod(a!, tf.scalar(3, 'int32'))],
  ['pow of int32', [ints], (a) => tf.pow(a!, tf.scalar(2, 'int32'))],
  ['pow', [floats, floats], (a, b) => tf.pow(tf.abs(a!), b!)],
  [
    'logical',
    [bools, bools],
    (a, b) => [tf.logicalAnd(a!, b!), tf.logicalOr(a!, b!), tf.logicalNot(a!), tf.logicalXor(a!, b!)],
  ],
  ...[0, 1, -1, [0, 2], undefined].flatMap((axis): Case[] => [
    [`max over ${String(axis)}`, [floats], (x) => [tf.max(x!, axis), tf.max(x!, axis, true), tf.min(x!, axis)]],
    [`max of an int32 over ${String(axis)}`, [ints], (x) => [tf.max(x!, axis), tf.min(x!, axis)]],
    [`prod over ${String(axis)}`, [floats], (x) => tf.prod(x!, axis)],
    [`all and any over ${String(axis)}`, [bools], (x) => [tf.all(x!, axis), tf.any(x!, axis)]],
    [`sum of 5 axes over ${String(axis)}`, [five], (x) => tf.sum(x!, axis)],
  ]),
  ['prod of an int32', [ints], (x) => tf.prod(x!, 1)],
  ['max with NaN', [odd], (x) => [tf.max(x!), tf.min(x!), tf.sum(x!), tf.mean(x!)]],
  ['argMax', [floats], (x) => [tf.argMax(x!, -1), tf.argMax(x!, 0), tf.argMin(x!, 1), tf.argMin(x!, -1)]],
  ['argMax of ties', [{ shape: [5], values: [1, 3, 3, 0, 3] }], (x) => [tf.argMax(x!), tf.argMin(x!)]],
  ['argMax of int32', [ints], (x) => tf.argMax(x!, 1)],
  ['topk', [floats], (x) => [tf.topk(x!, 2).values, tf.topk(x!, 2).indices]],
  ['topk of int32', [ints], (x) => [tf.topk(x!, 3).values]],
  ['softmax', [floats], (x) => [tf.softmax(x!), tf.logSoftmax(x!)]],
  [
    'softmax of large numbers',
    [{ shape: [2, 3], values: [1000, 999, -1000, -1e9, 0, -Infinity] }],
    (x) => tf.softmax(x!),
  ],
  ['transpose of 5 axes', [five], (x) => tf.transpose(x!, [4, 2, 0, 3, 1])],
  ['transpose of 6 axes', [six], (x) => tf.transpose(x!, [5, 2, 0, 4, 1, 3])],
  ['transpose of int32 and bool', [ints, bools], (a, b) => [tf.transpose(a!, [2, 0, 1]), tf.transpose(b!, [1, 2, 0])]],
  [
    'pad of 5 axes',
    [five],
    (x) =>
      tf.pad(
        x!,
        [
          [0, 1],
          [1, 0],
          [0, 0],
          [2, 1],
          [0, 3],
        ],
        7,
      ),
  ],
  [
    'pad of int32',
    [ints],
    (x) =>
      tf.pad(
        x!,
        [
          [0, 1],
          [1, 0],
          [2, 2],
        ],
        -3,
      ),
  ],
  [
    'pad of bool',
    [bools],
    (x) =>
      tf.pad(x!, [
        [0, 1],
        [1, 0],
        [2, 2],
      ]),
  ],
  [
    'mirrorPad',
    [floats],
    (x) => [
      tf.mirrorPad(
        x!,
        [
          [1, 1],
          [2, 2],
          [1, 3],
        ],
        'reflect',
      ),
      tf.mirrorPad(
        x!,
        [
          [1, 2],
          [0, 2],
          [1, 3],
        ],
        'symmetric',
      ),
    ],
  ],
  [
    'gatherND',
    [floats],
    (x) =>
      tf.gatherND(
        x!,
        tf.tensor2d(
          [
            [0, 1],
            [1, 2],
          ],
          [2, 2],
          'int32',
        ),
      ),
  ],
  ['scatterND', [{ shape: [3, 2] }], (x) => tf.scatterND(tf.tensor2d([[3], [0], [3]], [3, 1], 'int32'), x!, [5, 2])],
  [
    'scatterND of int32',
    [{ shape: [3], dtype: 'int32' }],
    (x) => tf.scatterND(tf.tensor2d([[3], [0], [3]], [3, 1], 'int32'), x!, [5]),
  ],
  [
    'tensorScatterUpdate',
    [{ shape: [4, 2] }, { shape: [2, 2] }],
    (x, u) => tf.tensorScatterUpdate(x!, tf.tensor2d([[3], [0]], [2, 1], 'int32'), u!),
  ],
  ['sparseToDense', [], () => tf.sparseToDense(tf.tensor1d([1, 3], 'int32'), tf.tensor1d([5, 6]), [5], tf.scalar(-1))],
  ['zerosLike and onesLike', [ints, bools, floats], (...all) => all.flatMap((x) => [tf.zerosLike(x), tf.onesLike(x)])],
  ['range and linspace', [], () => [tf.range(2, 9, 3), tf.range(5, 0, -2, 'int32'), tf.linspace(0, 1, 5)]],
  ['fill', [], () => [tf.fill([2, 2], 3), tf.fill([3], 1, 'int32'), tf.eye(3)]],
  ['diag', [{ shape: [3] }], (x) => tf.diag(x!)],
  [
    'bincount',
    [],
    () => [
      tf.bincount(tf.tensor1d([0, 2, 2, 5], 'int32'), [], 4),
      tf.denseBincount(
        tf.tensor2d(
          [
            [0, 1],
            [1, 1],
          ],
          [2, 2],
          'int32',
        ),
        [],
        3,
      ),
    ],
  ],
  ['unique', [{ shape: [5], values: [3, 1, 3, 2, 1] }], (x) => [tf.unique(x!).values, tf.unique(x!).indices]],
  ['searchSorted', [], () => tf.searchSorted(tf.tensor1d([1, 3, 5]), tf.tensor1d([0, 3, 9]))],
  [
    'resizes',
    [{ shape: [2, 3, 4, 2] }],
    (x) =>
      [
        [false, false],
        [true, false],
        [false, true],
      ].flatMap(([align, half]) => [
        tf.image.resizeBilinear(x as tf.Tensor4D, [5, 7], align, half),
        tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [5, 7], align, half),
        tf.image.resizeBilinear(x as tf.Tensor4D, [2, 3], align, half),
        tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [2, 3], align, half),
      ]),
  ],
  [
    'pooling',
    [{ shape: [2, 5, 6, 3] }],
    (x) => [
      tf.maxPool(x as tf.Tensor4D, 3, 2, 'same'),
      tf.avgPool(x as tf.Tensor4D, 3, 2, 'same'),
      tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'),
      tf.avgPool(x as tf.Tensor4D, [1, 2], 1, 'valid'),
      tf.maxPool(x as tf.Tensor4D, 3, 1, 1),
    ],
  ],
  [
    'pooling of volumes',
    [{ shape: [1, 4, 5, 4, 2] }],
    (x) => [
      tf.maxPool3d(x as tf.Tensor5D, 3, 2, 'same'),
      tf.avgPool3d(x as tf.Tensor5D, 2, 2, 'valid'),
      tf.avgPool3d(x as tf.Tensor5D, 3, 2, 'same'),
    ],
  ],
  [
    'conv3d',
    [{ shape: [1, 4, 5, 4, 2] }, { shape: [3, 2, 3, 2, 3] }],
    (x, w) => [
      tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, 'same'),
      tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 2, 'same'),
      tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, 'valid'),
    ],
  ],
  [
    'conv2d with explicit padding',
    [{ shape: [1, 5, 4, 2] }, { shape: [3, 3, 2, 3] }],
    (x, w) =>
      tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, [
        [0, 0],
        [2, 0],
        [1, 3],
        [0, 0],
      ]),
  ],
  [
    'depthwise with explicit padding',
    [{ shape: [1, 5, 4, 2] }, { shape: [3, 3, 2, 2] }],
    (x, w) => [
      tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, [
        [0, 0],
        [2, 0],
        [1, 3],
        [0, 0],
      ]),
      tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NHWC', 2),
    ],
  ],
  [
    'conv2d of 0 pictures',
    [{ shape: [0, 5, 4, 2] }, { shape: [3, 3, 2, 3] }],
    (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
  ],
  [
    'cropAndResize',
    [{ shape: [2, 5, 6, 2] }],
    (x) =>
      tf.image.cropAndResize(
        x as tf.Tensor4D,
        tf.tensor2d([
          [0.1, 0.2, 0.9, 1.1],
          [0, 0, 1, 1],
        ]),
        tf.tensor1d([1, 0], 'int32'),
        [3, 4],
      ),
  ],
  [
    'empty tensors',
    [{ shape: [0, 3] }],
    (x) => [
      tf.add(x!, 1),
      tf.sum(x!, 0),
      tf.sum(x!),
      tf.concat([x!, x!], 1),
      tf.transpose(x!),
      tf.relu(x!),
      tf.mul(x!, x!),
      tf.slice(x!, [0, 1], [0, 2]),
      tf.reshape(x!, [3, 0]),
      tf.tile(x!, [2, 1]),
      tf.matMul(tf.reshape(x!, [3, 0]), x!),
    ],
  ],
  [
    'batchNorm',
    [{ shape: [2, 3, 2, 4] }, { shape: [4] }],
    (x, m) => tf.batchNorm(x!, m as tf.Tensor1D, tf.abs(m!) as tf.Tensor1D, m as tf.Tensor1D, m as tf.Tensor1D),
  ],
  ['prelu', [{ shape: [2, 3, 4] }, { shape: [4] }], (x, a) => tf.prelu(x!, a!)],
  [
    'scalars',
    [{ shape: [] }],
    (x) => [
      tf.sum(x!),
      tf.max(x!),
      tf.reshape(x!, [1]),
      tf.tile(tf.reshape(x!, [1]), [3]),
      tf.concat([tf.reshape(x!, [1]), tf.reshape(x!, [1])]),
    ],
  ],
];

describe('kernels of wasm agree with cpu', () => {
  beforeAll(async () => {
    await useBackend('cpu');
    await useBackend('wasm');
  });

  it.each(cases)('%s', async (_, given, fn) => expectAgreement(given, fn));
});
