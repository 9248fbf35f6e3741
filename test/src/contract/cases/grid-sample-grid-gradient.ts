import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.GridSampleGridGradient,
  *cases(draw) {
    for (const [x, points, mode, padding, alignCorners] of [
      [[2, 5, 7, 3], [8, 9], 'bilinear', 'zeros', false],
      [[1, 6, 5, 66], [3, 7], 'bicubic', 'reflection', true],
      [[2, 3, 4, 5, 2], [2, 3, 4], 'bilinear', 'border', false],
      [[1, 4, 5, 3], [6, 6], 'nearest', 'border', false],
    ] as const) {
      yield {
        inputs: {
          x: draw.given(x),
          grid: draw.given([x[0], ...points, x.length - 2], 'float32', [-1.3, 1.3]),
          dy: draw.given([x[0], ...points, x.at(-1)!]),
        },
        attrs: { mode, padding, alignCorners },
      };
    }
  },
});
