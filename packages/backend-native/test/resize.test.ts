import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectLikeCpu, normalOf } from './support/oracle.js';

beforeAll(() => useBackend('native'));

type Resize = (images: tf.Tensor4D, size: [number, number], align: boolean, half: boolean) => tf.Tensor4D;
const kinds: Array<[string, Resize]> = [
  ['bilinear', tf.image.resizeBilinear],
  ['nearest neighbour', tf.image.resizeNearestNeighbor],
];

const shapes: Array<[number[], [number, number]]> = [
  [
    [2, 4, 5, 16],
    [8, 10],
  ],
  [
    [1, 7, 3, 35],
    [14, 6],
  ],
  [
    [1, 6, 7, 3],
    [13, 20],
  ],
  [
    [2, 9, 11, 1],
    [4, 5],
  ],
  [
    [1, 20, 30, 2],
    [3, 70],
  ],
  [
    [1, 1, 1, 4],
    [5, 3],
  ],
  [
    [1, 5, 4, 7],
    [1, 1],
  ],
  [
    [1, 3, 4, 64],
    [3, 4],
  ],
  [
    [0, 3, 4, 2],
    [6, 8],
  ],
  [
    [1, 40, 50, 20],
    [80, 100],
  ],
];

for (const [name, resize] of kinds) {
  describe(name, () => {
    for (const [align, half] of [
      [false, false],
      [true, false],
      [false, true],
    ] as const) {
      // prettier-ignore
      it(`corners aligned: ${align}, centres at halves: ${half}`, async () => {
        for (const [shape, size] of shapes) {
          const run = (x: tf.Tensor): tf.Tensor => resize(x as tf.Tensor4D, size, align, half);
          await expectLikeCpu(() => run(normalOf(shape, 1)));
          const [batch, , , channels] = shape;
          await expectLikeCpu(() => tf.grad(run)(normalOf(shape, 2), normalOf([batch!, ...size, channels!], 3)));
        }
      });
    }

    it('passes NaN and infinities on to the pixels made of them', async () => {
      const [height, width] = [4, 6];
      const values = Float32Array.from({ length: height * width }, (_, i) => (i === 8 ? Infinity : i === 15 ? NaN : i));
      await useBackend('native');
      const y = tf.tidy(() => resize(tf.tensor4d(values, [1, height, width, 1]), [8, 12], false, true).arraySync()[0]!);
      expect(y[3]![4]![0]).toBe(Infinity);
      expect(y[5]![7]![0]).toBe(NaN);
      expect(y[0]![0]![0]).toBe(0);
      expect(y[7]![11]![0]).toBe(23);
      expect(y[7]!.flat().every(Number.isFinite)).toBe(true);
    });
  });
}
