import { kernels } from '@hourglass/core';
import { kernelCases, type Draw } from '@hourglass/core/testing';

/** A map of outputs that each read up to so many neighbours. */
function map(draw: Draw, from: number, to: number, most: number): kernels.LinearMap {
  const first = Array.from({ length: to }, () => draw.integer(0, from));
  const weights = first.map((at) =>
    Array.from({ length: draw.integer(1, Math.min(most, from - at) + 1) }, () =>
      draw.chance(0.1) ? 0 : draw.integer(-8, 9) / 8,
    ),
  );
  return { from, first, weights };
}

export default kernelCases({
  kernel: kernels.Resample,
  operation: ({ x }, attrs) => kernels.resamplePicture(x, attrs),
  *cases(draw) {
    for (const [batch, rows, rowsOut, columns, columnsOut, channels, most] of [
      [1, 1, 1, 1, 1, 1, 1],
      [0, 3, 4, 5, 2, 2, 2],
      [2, 5, 9, 7, 3, 3, 2],
      [1, 20, 6, 30, 4, 2, 16],
      [2, 6, 6, null, null, 5, 3],
      [1, null, null, 4, 12, 70, 1],
    ] as const) {
      for (const transposed of [false, true]) {
        const [down, along] = [
          rows === null ? null : map(draw, rows, rowsOut, most),
          columns === null ? null : map(draw, columns, columnsOut, most),
        ];
        const height = transposed ? rowsOut : rows;
        const width = transposed ? columnsOut : columns;
        const x = draw.given([batch, height ?? 3, width ?? 4, channels]);
        yield { inputs: { x }, attrs: { rows: down, columns: along, transposed } };
      }
    }
  },
});
