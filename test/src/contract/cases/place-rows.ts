import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.PlaceRows,
  *cases(draw) {
    for (const [batch, outer, count, rows, inner] of [
      [1, 1, 1, 1, 1],
      [1, 1, 7, 3, 5],
      [1, 4, 6, 9, 1],
      [2, 1, 0, 3, 2],
      [3, 2, 5, 4, 3],
      [1, 1, 300, 2, 17],
    ] as const) {
      yield {
        inputs: {
          x: draw.given([batch, outer, count, inner]),
          indices: draw.given([batch, count], 'int32', [-1, rows + 1]),
        },
        attrs: { batch, outer, count, rows, inner, shape: [batch, outer, rows, inner] },
      };
    }
  },
});
