import type { kernels } from '@hourglass/core';

type Windows = kernels.BlockWindows;

function along(size: number, kernel: number, stride = 1, before = 0, dilation = 1): Windows {
  return { size, kernel, stride, before, dilation, count: Math.floor((size + 2 * before - dilation * (kernel - 1) - 1) / stride) + 1 }; // prettier-ignore
}

interface Folding {
  readonly batch: number;
  readonly channels: number;
  readonly rows: Windows;
  readonly columns: Windows;
}

/** Blocks that overlap, lie side by side, or leave gaps; padded and dilated. */
export const foldings: readonly Folding[] = [
  { batch: 1, channels: 1, rows: along(1, 1), columns: along(1, 1) },
  { batch: 0, channels: 2, rows: along(4, 2), columns: along(4, 2) },
  { batch: 2, channels: 3, rows: along(6, 3, 1, 1), columns: along(7, 2, 2, 1) },
  { batch: 1, channels: 5, rows: along(8, 4, 4), columns: along(9, 3, 3) },
  { batch: 2, channels: 2, rows: along(11, 3, 2, 2, 3), columns: along(5, 2, 1, 0, 4) },
  { batch: 1, channels: 70, rows: along(7, 1, 3), columns: along(5, 2, 4, 1) },
];
