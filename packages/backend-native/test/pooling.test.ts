import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '@hourglass/core';
import { expectLikeCpu, normalOf, onEveryMachine, tiesOf } from './support/oracle.js';

beforeAll(() => useBackend('native'));

type Pad = 'valid' | 'same' | number | [[0, 0], [number, number], [number, number], [0, 0]];
type Case = [shape: [number, number, number, number], size: [number, number], strides: [number, number], pad: Pad];

const cases: Case[] = [
  [[2, 8, 8, 32], [2, 2], [2, 2], 'valid'],
  [[1, 7, 9, 67], [2, 2], [2, 2], 'valid'],
  [[2, 9, 7, 5], [3, 3], [2, 2], 'same'],
  [[1, 12, 5, 1], [3, 3], [1, 1], 'same'],
  [
    [3, 6, 11, 18],
    [3, 2],
    [2, 3],
    [
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 0],
    ],
  ],
  [
    [1, 64, 1, 3],
    [5, 1],
    [2, 1],
    [
      [0, 0],
      [2, 1],
      [0, 0],
      [0, 0],
    ],
  ],
  [[1, 40, 33, 80], [3, 3], [2, 2], 1],
  [[2, 5, 5, 130], [5, 5], [1, 1], 'valid'],
  [[1, 1, 1, 1], [1, 1], [2, 2], 'valid'],
  [[0, 4, 4, 3], [2, 2], [2, 2], 'valid'],
];

function outputShape(x: tf.Tensor, fn: (x: tf.Tensor) => tf.Tensor): number[] {
  return tf.tidy(() => fn(x).shape);
}

describe('pooling of two axes', () => {
  for (const [shape, size, strides, pad] of cases) {
    const name = `${shape.join('x')}, ${size.join('x')} every ${strides.join('x')}, ${JSON.stringify(pad)}`;
    it(`maximum: ${name}`, async () => {
      const pool = (x: tf.Tensor): tf.Tensor => tf.maxPool(x as tf.Tensor4D, size, strides, pad as 'valid');
      await expectLikeCpu(() => pool(tiesOf(shape, 1)), { rtol: 0, atol: 0 });
      await expectLikeCpu(() => {
        const x = tiesOf(shape, 2);
        return tf.grad(pool)(x, normalOf(outputShape(x, pool), 3));
      });
    });

    it(`average: ${name}`, async () => {
      const pool = (x: tf.Tensor): tf.Tensor => tf.avgPool(x as tf.Tensor4D, size, strides, pad as 'valid');
      await expectLikeCpu(() => pool(normalOf(shape, 1)));
      await expectLikeCpu(() => {
        const x = normalOf(shape, 2);
        return tf.grad(pool)(x, normalOf(outputShape(x, pool), 3));
      });
    });
  }

  it('gives places of the maxima', async () => {
    for (const batch of [false, true]) {
      await expectLikeCpu(() => {
        const { result, indexes } = tf.maxPoolWithArgmax(
          tiesOf([2, 7, 5, 6], 4) as tf.Tensor4D,
          [3, 2],
          2,
          'same',
          batch,
        );
        return [result!, indexes!];
      });
    }
  });

  it('averages a large picture exactly enough', async () => {
    await expectLikeCpu(() => tf.avgPool(normalOf([1, 96, 96, 20], 5) as tf.Tensor4D, 96, 1, 'valid'), { atol: 1e-6 });
  });
});

describe('pooling of three axes', () => {
  const each: Array<[number[], [number, number, number], [number, number, number], 'valid' | 'same']> = [
    [[2, 4, 6, 4, 19], [2, 2, 2], [2, 2, 2], 'valid'],
    [[1, 5, 7, 6, 33], [3, 3, 2], [2, 1, 2], 'same'],
    [[1, 3, 3, 3, 2], [3, 3, 3], [1, 1, 1], 'valid'],
  ];
  for (const [shape, size, strides, pad] of each) {
    it(`${shape.join('x')}, ${size.join('x')} every ${strides.join('x')}, ${pad}`, async () => {
      for (const pool of [
        (x: tf.Tensor): tf.Tensor => tf.maxPool3d(x as tf.Tensor5D, size, strides, pad),
        (x: tf.Tensor): tf.Tensor => tf.avgPool3d(x as tf.Tensor5D, size, strides, pad),
      ]) {
        await expectLikeCpu(() => pool(tiesOf(shape, 1)));
        await expectLikeCpu(() => {
          const x = tiesOf(shape, 2);
          return tf.grad(pool)(x, normalOf(outputShape(x, pool), 3));
        });
      }
    });
  }
});

it('lets NaN win over every number, the first one of several', async () => {
  const { NaN: none, POSITIVE_INFINITY: most } = Number;
  // one window a column of channels; 17 channels, so that vectors and single numbers both are at work
  const columns = [
    [1, none, 5, 2],
    [none, most, none, 1],
    [none, none, none, none],
    [-most, -most, -most, -most],
    [3, 7, 7, -most],
  ];
  const x = (): tf.Tensor4D =>
    tf.tensor4d(
      Float32Array.from({ length: 4 * 17 }, (_, i) => columns[(i % 17) % 5]![Math.floor(i / 17)]!),
      [1, 2, 2, 17],
    );
  const [largest, first] = [[none, none, none, -most, 7], [1, 0, 0, 0, 1]]; // prettier-ignore
  const pool = (t: tf.Tensor): tf.Tensor => tf.maxPool(t as tf.Tensor4D, 2, 2, 'valid');
  await onEveryMachine(
    () => [pool(x()), tf.grad(pool)(x(), tf.ones([1, 1, 1, 17])), tf.maxPoolWithArgmax(x(), 2, 2, 'valid').indexes!],
    ([y, dx, places]) => {
      for (let c = 0; c < 17; c++) {
        expect(y!.values[c]).toBe(largest[c % 5]);
        expect(places!.values[c]).toBe(first[c % 5]! * 17 + c);
        for (let t = 0; t < 4; t++) expect(dx!.values[t * 17 + c]).toBe(t === first[c % 5] ? 1 : 0);
      }
    },
  );
});

it('leaves what has no elements or is not float32 to JavaScript', async () => {
  await useBackend('native');
  const far: [[0, 0], [number, number], [number, number], [0, 0]] = [[0, 0], [3, 0], [0, 0], [0, 0]]; // prettier-ignore
  tf.tidy(() => {
    const y = tf.maxPool(tf.ones([1, 2, 2, 1]) as tf.Tensor4D, 2, 1, far);
    expect(Array.from(y.dataSync())).toEqual([-Infinity, -Infinity, 1, 1]);
    expect(tf.maxPool(tf.ones([1, 2, 2, 1], 'int32') as tf.Tensor4D, 2, 2, 'valid').dtype).toBe('int32');
  });
});
