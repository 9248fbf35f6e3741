import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { beforeAll, describe, it } from 'vitest';
import { expectAgreement, type Given } from './agree.js';

type Case = [name: string, given: Given[], fn: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]];

const t4 = (x: tf.Tensor | undefined): tf.Tensor4D => x as tf.Tensor4D;
const t5 = (x: tf.Tensor | undefined): tf.Tensor5D => x as tf.Tensor5D;

function kernel(name: string, inputs: Record<string, tf.Tensor>, attrs: object): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap) as tf.Tensor;
}

function convolutionBackward(input: number[], filter: number[], strides: number, pad: 'same' | 'valid'): Case {
  return [
    `gradients of conv2d [${input}] * [${filter}] / ${strides} ${pad}`,
    [{ shape: input }, { shape: filter }],
    (x, w) => {
      const dy = tf.conv2d(t4(x), t4(w), strides, pad);
      const attrs = { strides, pad, dataFormat: 'NHWC' };
      return [
        kernel(tf.Conv2DBackpropInput, { dy, filter: w! }, { ...attrs, inputShape: input }),
        kernel(tf.Conv2DBackpropFilter, { x: x!, dy }, { ...attrs, filterShape: filter }),
      ];
    },
  ];
}

const cases: Case[] = [
  ['matMul', [{ shape: [33, 40] }, { shape: [40, 37] }], (a, b) => tf.matMul(a!, b!)],
  ['matMul, left transposed', [{ shape: [40, 33] }, { shape: [40, 37] }], (a, b) => tf.matMul(a!, b!, true)],
  ['matMul, right transposed', [{ shape: [33, 40] }, { shape: [37, 40] }], (a, b) => tf.matMul(a!, b!, false, true)],
  [
    'matMul, both transposed',
    [{ shape: [2, 40, 33] }, { shape: [2, 37, 40] }],
    (a, b) => tf.matMul(a!, b!, true, true),
  ],
  ['matMul, left transposed, long', [{ shape: [600, 13] }, { shape: [600, 15] }], (a, b) => tf.matMul(a!, b!, true)],
  [
    'matMul, left transposed, broadcast batches',
    [{ shape: [2, 1, 40, 33] }, { shape: [3, 40, 37] }],
    (a, b) => tf.matMul(a!, b!, true),
  ],
  ['matMul in batches', [{ shape: [2, 3, 33, 40] }, { shape: [2, 3, 40, 37] }], (a, b) => tf.matMul(a!, b!)],
  [
    'matMul, one right matrix',
    [{ shape: [5, 33, 40] }, { shape: [40, 37] }],
    (a, b) => tf.matMul(a!, tf.reshape(b!, [1, 40, 37])),
  ],
  [
    'matMul, one left matrix',
    [{ shape: [1, 33, 40] }, { shape: [5, 37, 40] }],
    (a, b) => tf.matMul(a!, b!, false, true),
  ],
  ['matMul, broadcast batches', [{ shape: [2, 1, 33, 40] }, { shape: [3, 40, 37] }], (a, b) => tf.matMul(a!, b!)],
  ['small matMul in batches', [{ shape: [4, 2, 3] }, { shape: [4, 2, 5] }], (a, b) => tf.matMul(a!, b!, true)],
  [
    'matMul of one right tensor in two shapes',
    [{ shape: [6, 4] }, { shape: [6, 8] }, { shape: [4, 8] }],
    (a, b, c) => [tf.matMul(a!, tf.reshape(c!, [4, 8])), tf.matMul(b!, tf.reshape(c!, [8, 4]))],
  ],
  ...['ab,bc->ac', 'ba,cb->ac', 'ab,cb', 'ab,ab->', 'ab,ab->ba', 'ab,c->cba', 'ab,bc->b'].map((equation): Case => {
    const sizes: Record<string, number> = { a: 3, b: 4, c: 5 };
    const shapes = equation
      .split('->')[0]!
      .split(',')
      .map((term) => [...term].map((label) => sizes[label]!));
    return [`einsum ${equation}`, shapes.map((shape) => ({ shape })), (...all) => tf.einsum(equation, ...all)];
  }),
  [
    'einsum of attention',
    [{ shape: [2, 5, 3, 4] }, { shape: [2, 6, 3, 4] }],
    (q, k) => tf.einsum('bqhd,bkhd->bhqk', q!, k!),
  ],
  ['einsum of one operand', [{ shape: [2, 3, 4] }], (x) => tf.einsum('abc->cb', x)],
  convolutionBackward([2, 7, 6, 3], [3, 3, 3, 4], 1, 'same'),
  convolutionBackward([2, 7, 6, 3], [3, 3, 3, 4], 2, 'same'),
  convolutionBackward([2, 8, 8, 3], [2, 2, 3, 4], 2, 'valid'),
  convolutionBackward([1, 9, 9, 2], [5, 3, 2, 3], 3, 'valid'),
  convolutionBackward([3, 5, 4, 3], [1, 1, 3, 4], 1, 'valid'),
  // rows that are multiplied where they lie, with and without a rest of every kind
  convolutionBackward([2, 5, 30, 5], [3, 3, 5, 13], 1, 'same'),
  convolutionBackward([1, 9, 61, 4], [3, 5, 4, 8], 2, 'same'),
  convolutionBackward([1, 3, 40, 9], [1, 1, 9, 3], 1, 'valid'),
  ...[1, 2].flatMap((multiplier) =>
    [1, 2].map((strides): Case => [
      `gradients of depthwise convolution, multiplier ${multiplier}, stride ${strides}`,
      [{ shape: [2, 7, 6, 3] }, { shape: [3, 3, 3, multiplier] }],
      (x, w) => {
        const dy = tf.depthwiseConv2d(t4(x), t4(w), strides, 'same');
        const attrs = { strides, pad: 'same', dilations: 1 };
        return [
          kernel(tf.DepthwiseConv2dNativeBackpropInput, { dy, filter: w! }, { ...attrs, inputShape: x!.shape }),
          kernel(tf.DepthwiseConv2dNativeBackpropFilter, { x: x!, dy }, { ...attrs, filterShape: w!.shape }),
        ];
      },
    ]),
  ),
  ...(
    [
      [1, 'same', 1],
      [2, 'same', 1],
      [1, 'valid', 2],
    ] as const
  ).map(([strides, pad, dilations]): Case => [
    `gradient of a depthwise filter, channels in fours, stride ${strides}, dilation ${dilations}`,
    [{ shape: [2, 9, 8, 8] }, { shape: [3, 3, 8, 1] }],
    (x, w) => {
      const dy = tf.depthwiseConv2d(t4(x), t4(w), strides, pad, 'NHWC', dilations);
      const attrs = { strides, pad, dilations, filterShape: w!.shape };
      return kernel(tf.DepthwiseConv2dNativeBackpropFilter, { x: x!, dy }, attrs);
    },
  ]),
  ...(
    [
      [2, 2, 'valid'],
      [3, 2, 'same'],
      [3, 1, 'same'],
    ] as const
  ).map(([size, strides, pad]): Case => [
    `gradient of maxPool with ties, channels in fours, ${size} / ${strides} ${pad}`,
    [{ shape: [2, 7, 6, 8], values: Array.from({ length: 672 }, (_, i) => ((i * 37) % 11) - 8) }],
    (x) => tf.grad((z: tf.Tensor) => tf.square(tf.maxPool(t4(z), size, strides, pad)))(x!),
  ]),
  ...[1, 3, 4, 7, 16, 21].map((size): Case => [
    `maximum, minimum and bounds of ${size}`,
    [{ shape: [size] }, { shape: [size] }],
    (a, b) => [
      tf.maximum(a!, b!),
      tf.minimum(a!, b!),
      tf.maximum(a!, 0.5),
      tf.minimum(0.5, a!),
      tf.maximum(tf.reshape(a!, [1, -1]), tf.scalar(-1)),
      tf.maximum(tf.reshape(a!, [-1, 1]), b!),
      tf.clipByValue(a!, -0.5, 0.75),
      tf.clipByValue(a!, -Infinity, 0),
      tf.relu6(tf.mul(a!, 6)),
    ],
  ]),
  ['cumsum', [{ shape: [3, 4, 2] }], (x) => [tf.cumsum(x!, -1), tf.cumsum(x!, 1, true), tf.cumsum(x!, 0, false, true)]],
  ['cumsum of an int32', [{ shape: [3, 4], dtype: 'int32' }], (x) => tf.cumsum(x!, 1)],
  ['cumprod', [{ shape: [3, 4, 2] }], (x) => [tf.cumprod(x!, 2), tf.cumprod(x!, 1, true, true)]],
  [
    'gradient of maxPool of negative numbers',
    [{ shape: [1, 4, 4, 2], values: Array.from({ length: 32 }, (_, i) => -1 - ((i * 7) % 32)) }],
    (x) => tf.grad((z: tf.Tensor) => tf.maxPool(t4(z), 3, 2, 'same'))(x!),
  ],
  [
    'gradient of maxPool3d',
    [{ shape: [1, 4, 4, 4, 2] }],
    (x) => tf.grad((z: tf.Tensor) => tf.maxPool3d(t5(z), 2, 2, 'valid'))(x!),
  ],
  [
    'gradient of avgPool3d',
    [{ shape: [1, 4, 5, 4, 2] }],
    (x) => tf.grad((z: tf.Tensor) => tf.avgPool3d(t5(z), 3, 2, 'same'))(x!),
  ],
  ...[0, 1, -1, [0, 1], [0, 1, 2], [1, 2], [0, 2, 3], [1, 3], [0, 2]].flatMap((axis): Case[] => [
    [`sum over ${String(axis)}`, [{ shape: [3, 4, 5, 6] }], (x) => [tf.sum(x!, axis), tf.sum(x!, axis, true)]],
    [`mean over ${String(axis)}`, [{ shape: [3, 4, 5, 6] }], (x) => [tf.mean(x!, axis), tf.mean(x!, axis, true)]],
  ]),
  ['sum of many rows', [{ shape: [2, 700, 7] }], (x) => [tf.sum(x!, 1), tf.mean(x!, [0, 1])]],
  ['sum of an int32', [{ shape: [3, 4, 5], dtype: 'int32' }], (x) => [tf.sum(x!, 1), tf.sum(x!, 2), tf.sum(x!)]],
  ['sum of a bool', [{ shape: [3, 4], dtype: 'bool' }], (x) => [tf.sum(x!, 0), tf.sum(x!)]],
  ['mean of an int32', [{ shape: [3, 4, 5], dtype: 'int32' }], (x) => [tf.mean(x!, 1), tf.mean(x!)]],
  [
    'maxPoolWithArgmax',
    [{ shape: [2, 5, 4, 3] }],
    (x) => {
      const pooled = [true, false].map((batch) => tf.maxPoolWithArgmax(t4(tf.sub(x!, 5)), 3, 2, 'same', batch));
      return pooled.flatMap(({ result, indexes }) => [result!, tf.cast(indexes!, 'float32')]);
    },
  ],
  [
    'where',
    [{ shape: [3, 4], dtype: 'bool' }, { shape: [3, 4] }, { shape: [3, 4] }],
    (c, a, b) => tf.where(c!, a!, b!),
  ],
  [
    'where of bool and float',
    [{ shape: [300], dtype: 'bool' }, { shape: [300], dtype: 'bool' }, { shape: [300] }],
    (c, a, b) => tf.cast(tf.where(c!, a!, b!), 'float32'),
  ],
  [
    'where of int32',
    [
      { shape: [3, 4], dtype: 'bool' },
      { shape: [3, 4], dtype: 'int32' },
      { shape: [3, 1], dtype: 'int32' },
    ],
    (c, a, b) => tf.where(c!, a!, b!),
  ],
  ['fft', [{ shape: [3, 8] }, { shape: [3, 8] }], (a, b) => spectrum(tf.fft(tf.complex(a!, b!)))],
  ['ifft of an odd length', [{ shape: [2, 15] }, { shape: [2, 15] }], (a, b) => spectrum(tf.ifft(tf.complex(a!, b!)))],
  ['rfft', [{ shape: [2, 3, 12] }], (x) => spectrum(tf.spectral.rfft(x!))],
  ['irfft', [{ shape: [2, 7] }, { shape: [2, 7] }], (a, b) => tf.spectral.irfft(tf.complex(a!, b!))],
  ['stft', [{ shape: [64] }], (x) => spectrum(tf.signal.stft(x as tf.Tensor1D, 16, 8))],
  ['magnitude', [{ shape: [5] }, { shape: [5] }], (a, b) => tf.abs(tf.complex(a!, b!))],
  [
    'complex arithmetic',
    [{ shape: [2, 3] }, { shape: [3] }],
    (a, b) => {
      const [x, y] = [tf.complex(a!, tf.mul(a!, 2)), tf.complex(b!, tf.neg(b!))];
      return [tf.add(x, y), tf.sub(y, x), tf.mul(x, y), tf.mul(x, a!)].flatMap(spectrum);
    },
  ],
];

function spectrum(z: tf.Tensor): tf.Tensor[] {
  return [tf.real(z), tf.imag(z)];
}

describe('composed kernels agree with cpu', () => {
  beforeAll(async () => {
    await useBackend('cpu');
    await useBackend('wasm');
  });

  it.each(cases)('%s', async (_, given, fn) => expectAgreement(given, fn));
});
