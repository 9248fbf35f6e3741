import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.CodeStatistics,
  *cases(draw) {
    for (const [rows, width, size] of [
      [1, 1, 1],
      [0, 3, 4],
      [300, 5, 7],
      [1500, 3, 700],
      [90, 130, 9],
    ] as const) {
      yield {
        inputs: {
          x: draw.given([rows, width]),
          // some of no code
          codes: draw.given([rows], 'int32', [-1, size + 1]),
        },
        attrs: { size },
      };
    }
  },
});
