import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { expectGradient, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, it } from 'vitest';
import { uniform } from './tensors.js';

type Pad = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;

const cases: [name: string, input: number[], filter: number[], stride: number, pad: Pad, dilation: number][] = [
  ['3x3 same', [2, 5, 6, 2], [3, 3, 2, 3], 1, 'same', 1],
  ['3x3 valid', [1, 5, 6, 2], [3, 3, 2, 3], 1, 'valid', 1],
  ['1x1', [2, 4, 3, 3], [1, 1, 3, 2], 1, 'valid', 1],
  ['1x1 stride 2', [1, 5, 4, 2], [1, 1, 2, 2], 2, 'same', 1],
  ['3x3 stride 2 same, even and odd', [1, 6, 7, 2], [3, 3, 2, 2], 2, 'same', 1],
  [
    '3x3 stride 2 pad 1',
    [1, 7, 6, 2],
    [3, 3, 2, 2],
    2,
    [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ],
    1,
  ],
  [
    'asymmetric padding',
    [1, 5, 5, 2],
    [3, 2, 2, 2],
    1,
    [
      [0, 0],
      [2, 0],
      [0, 1],
      [0, 0],
    ],
    1,
  ],
  [
    'padding wider than the kernel',
    [1, 3, 3, 1],
    [2, 2, 1, 2],
    1,
    [
      [0, 0],
      [3, 3],
      [2, 2],
      [0, 0],
    ],
    1,
  ],
  ['stride larger than the kernel', [1, 7, 8, 2], [2, 2, 2, 2], 3, 'valid', 1],
  ['patches', [1, 8, 8, 1], [4, 4, 1, 3], 4, 'valid', 1],
  ['stride 3', [1, 8, 8, 1], [4, 4, 1, 2], 3, 'same', 1],
  ['dilation 2', [1, 7, 6, 2], [3, 3, 2, 2], 1, 'same', 2],
  ['dilation 3 valid', [1, 8, 8, 1], [2, 3, 1, 2], 1, 'valid', 3],
];

/** A kernel run as it is, where TFJS's operation would refuse a stride together with a dilation. */
function kernel(name: string, x: tf.Tensor, filter: tf.Tensor, attrs: object): tf.Tensor {
  return tf.engine().runKernel(name, { x, filter }, attrs as tf.NamedAttrMap) as tf.Tensor;
}

for (const backend of testBackends('cpu', 'wasm')) {
  describe(`convolution gradients on ${backend}`, () => {
    beforeAll(() => useBackend(backend));

    it.each(cases)('conv2d %s', (_, input, filter, stride, pad, dilation) => {
      const conv = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
        tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad, 'NHWC', dilation);
      expectGradient(conv, [uniform(input, 1), uniform(filter, 2)]);
    });

    it.each([tf.Conv2D, tf.DepthwiseConv2dNative])('%s with stride and dilation at once', (name) => {
      const pad = [
        [0, 0],
        [2, 1],
        [0, 3],
        [0, 0],
      ];
      const attrs = { strides: [2, 3], dilations: [3, 2], pad, dataFormat: 'NHWC' };
      const conv = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => kernel(name, x, w, attrs);
      expectGradient(conv, [uniform([1, 9, 10, 2], 1), uniform([2, 3, 2, 2], 2)]);
    });

    it('conv2d with stride and dilation, twice', () => {
      const attrs = { strides: 2, dilations: 2, pad: 'valid', dataFormat: 'NHWC' };
      const w = uniform([2, 2, 1, 2], 2);
      const square = (x: tf.Tensor): tf.Tensor => tf.sum(tf.square(kernel(tf.Conv2D, x, w, attrs)));
      expectGradient((x) => tf.grad(square)(x!), [uniform([1, 6, 6, 1], 1)]);
    });
  });
}
