import type { kernels } from '@hourglass/core';
import type { Draw } from '@hourglass/core/testing';

type Windows = kernels.PoolWindows;

function along(input: number, size: number, stride: number, before = 0, dilation = 1, ceil = false): Windows {
  const room = input + 2 * before - dilation * (size - 1) - 1;
  const output = Math.floor((room + (ceil ? stride - 1 : 0)) / stride) + 1;
  return { input, output, size, stride, before, dilation };
}

const evenly = (input: number, output: number): Windows => {
  return { input, output, size: 0, stride: 0, before: 0, dilation: 1 };
};

interface Pool {
  readonly batch: number;
  readonly windows: readonly Windows[];
  readonly channels: number;
}

/** Pools of one to three axes: overlapping, with gaps, padded, reaching over the end, and such that cover the axis evenly. */
export function* pools(draw: Draw, dilated: boolean): Generator<Pool> {
  yield { batch: 1, windows: [along(1, 1, 1)], channels: 1 };
  yield { batch: 0, windows: [along(6, 2, 2)], channels: 3 };
  yield { batch: 2, windows: [along(8, 2, 2), along(9, 3, 2, 1)], channels: 5 };
  yield { batch: 1, windows: [along(7, 3, 2, 1, 1, true), along(10, 2, 3, 0, 1, true)], channels: 2 };
  yield { batch: 1, windows: [along(4, 2, 1), along(5, 3, 3, 1), along(3, 2, 2, 1)], channels: 3 };
  yield { batch: 2, windows: [evenly(7, 3), evenly(5, 5)], channels: 4 };
  yield { batch: 1, windows: [evenly(3, 7)], channels: 70 };
  yield { batch: 2, windows: [evenly(13, 1)], channels: 2 };
  if (dilated) yield { batch: 2, windows: [along(20, 3, 2, 1, 4), along(6, 2, 1, 0, 3)], channels: 2 };
  for (let i = 0; i < 4; i++) {
    const [size, stride] = [draw.integer(1, 6), draw.integer(1, 5)];
    const dilation = dilated ? draw.integer(1, 3) : 1;
    const input = size * dilation + draw.integer(0, 20);
    const windows = [along(input, size, stride, draw.integer(0, Math.floor(size / 2) + 1), dilation)];
    yield { batch: draw.integer(1, 3), windows, channels: draw.integer(1, 9) };
  }
}
