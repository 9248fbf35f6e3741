import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.GridSampleInputGradient,
  *cases(draw) {
    for (const [shape, points, mode, padding, alignCorners] of [
      [[2, 5, 7, 3], [30, 9], 'bilinear', 'zeros', false],
      [[1, 6, 5, 66], [9, 9], 'bicubic', 'reflection', true],
      [[2, 3, 4, 5, 2], [2, 3, 4], 'bilinear', 'border', false],
      [[1, 40, 30, 2], [40, 60], 'bilinear', 'zeros', true],
      // many points at a few elements
      [[1, 2, 2, 3], [40, 60], 'bilinear', 'border', false],
      [[1, 4, 5, 3], [6, 6], 'nearest', 'border', false],
      [[2, 4, 5, 3], [0, 6], 'nearest', 'border', false],
    ] as const) {
      yield {
        inputs: {
          grid: draw.given([shape[0], ...points, shape.length - 2], 'float32', [-1.3, 1.3]),
          dy: draw.given([shape[0], ...points, shape.at(-1)!]),
        },
        attrs: { shape, mode, padding, alignCorners },
      };
    }
  },
});
