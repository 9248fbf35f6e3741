import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.GridSample,
  operation: kernels.sampleGrid,
  *cases(draw) {
    for (const [x, points, mode, padding, alignCorners] of [
      [[1, 1, 1, 1], [1, 1], 'bilinear', 'zeros', false],
      [[0, 3, 4, 2], [2, 2], 'bilinear', 'border', false],
      [[2, 3, 4, 2], [0, 2], 'nearest', 'border', false],
      [[2, 5, 7, 3], [4, 9], 'bilinear', 'zeros', false],
      [[1, 9, 4, 70], [3, 5], 'bilinear', 'border', true],
      [[3, 6, 5, 5], [7, 3], 'bilinear', 'reflection', false],
      [[1, 1, 6, 4], [5, 4], 'bilinear', 'reflection', true],
      [[1, 4, 5, 3], [6, 6], 'nearest', 'reflection', false],
      [[2, 5, 7, 3], [2, 5], 'bicubic', 'zeros', false],
      [[1, 4, 4, 17], [3, 3], 'bicubic', 'reflection', true],
      [[2, 3, 4, 5, 3], [2, 3, 4], 'bilinear', 'border', false],
      [[1, 2, 4, 3, 66], [3, 2, 2], 'bilinear', 'zeros', true],
      [[1, 3, 4, 5, 2], [2, 5, 1], 'nearest', 'zeros', false],
    ] as const) {
      const axes = x.length - 2;
      yield {
        inputs: {
          x: draw.given(x, 'float32', draw.pick([[-2, 2] as const, [-1000, 1000] as const])),
          grid: draw.given([x[0], ...points, axes], 'float32', [-1.6, 1.6]),
        },
        attrs: { mode, padding, alignCorners },
      };
    }
  },
});
