import * as tf from '@tensorflow/tfjs-core';
import { functional as F, useBackend } from '@hourglass/core';
import { compareValues } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { normals, onEveryMachine } from './support/oracle.js';

beforeAll(() => useBackend('native'));

type Pair = [number, number];
const [height, width] = [6, 8];

interface Geometry {
  kernelSize: Pair;
  stride: Pair;
  padding: Pair;
  dilation: Pair;
}

/** For each element of the blocks the element of the picture that it is, or -1. */
function sources(batch: number, channels: number, { kernelSize, stride, padding, dilation }: Geometry): number[] {
  const [rows, columns] = [height, width].map(
    (size, axis) =>
      Math.floor((size + 2 * padding[axis]! - dilation[axis]! * (kernelSize[axis]! - 1) - 1) / stride[axis]!) + 1,
  ) as Pair;
  const from: number[] = [];
  for (let n = 0; n < batch; n++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++)
        for (let c = 0; c < channels; c++)
          for (let i = 0; i < kernelSize[0]; i++)
            for (let j = 0; j < kernelSize[1]; j++) {
              const h = y * stride[0] - padding[0] + i * dilation[0];
              const w = x * stride[1] - padding[1] + j * dilation[1];
              const inside = h >= 0 && h < height && w >= 0 && w < width;
              from.push(inside ? ((n * height + h) * width + w) * channels + c : -1);
            }
  return from;
}

describe.each([
  { kernelSize: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] },
  { kernelSize: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [1, 1] },
  { kernelSize: [3, 2], stride: [2, 3], padding: [2, 0], dilation: [1, 2] },
  { kernelSize: [6, 8], stride: [1, 1], padding: [0, 0], dilation: [1, 1] },
  { kernelSize: [1, 1], stride: [4, 4], padding: [3, 3], dilation: [1, 1] },
] as Geometry[])('blocks %j', (geometry) => {
  it.each([
    [2, 3],
    [1, 1],
  ])('of %d pictures with %d channels, there and back', async (batch, channels) => {
    const from = sources(batch, channels, geometry);
    const shape = [batch, height, width, channels];
    const size = batch * height * width * channels;
    const picture = (): tf.Tensor => tf.tensor(normals(size, 1), shape);
    const blocks = (): tf.Tensor => tf.tensor(normals(from.length, 2), F.unfold(picture(), geometry).shape);
    const cut = from.map((at) => (at < 0 ? 0 : normals(size, 1)[at]!));
    const added = Array.from({ length: size }, () => 0);
    normals(from.length, 2).forEach((value, i) => (from[i]! < 0 ? 0 : (added[from[i]!]! += value)));
    const unfold = (x: tf.Tensor): tf.Tensor => F.unfold(x, geometry);
    const fold = (x: tf.Tensor): tf.Tensor => F.fold(x, [height, width], geometry);
    await onEveryMachine(
      () => [
        unfold(picture()),
        tf.grad(fold)(blocks(), picture()),
        fold(blocks()),
        tf.grad(unfold)(picture(), blocks()),
      ],
      (results, isa) => {
        [cut, cut, added, added].forEach((expected, i) => {
          const { ok, message } = compareValues(results[i]!.values, expected);
          expect(ok, `${isa}, ${i}: ${message}`).toBe(true);
        });
      },
    );
  });
});

it('takes an empty batch', () => {
  tf.tidy(() => {
    const y = F.unfold(tf.zeros([0, 4, 4, 2]), { kernelSize: 2, stride: 2 });
    expect(y.shape).toEqual([0, 4, 8]);
    expect(F.fold(y, [4, 4], { kernelSize: 2, stride: 2 }).shape).toEqual([0, 4, 4, 2]);
  });
});
