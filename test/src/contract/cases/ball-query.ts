import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.BallQuery,
  *cases(draw) {
    for (const [batch, centres, points, dimensions, count, radius] of [
      [1, 1, 1, 1, 1, 1],
      [0, 4, 3, 2, 2, 1],
      [2, 0, 3, 3, 1, 1],
      [2, 67, 150, 3, 8, 2],
      [1, 30, 500, 3, 40, 3],
      [1, 9, 90, 40, 5, 16],
      // more than there are
      [2, 5, 7, 2, 12, 3],
    ] as const) {
      yield {
        inputs: {
          centres: draw.given([batch, centres, dimensions]),
          points: draw.given([batch, points, dimensions]),
        },
        attrs: { count, radius, repeat: draw.chance(0.5) },
      };
    }
    for (const repeat of [true, false]) {
      yield {
        label: 'points at the radius, which are outside',
        inputs: { centres: draw.lattice([1, 50, 2]), points: draw.lattice([1, 40, 2]) },
        attrs: { count: 6, radius: 2, repeat },
      };
    }
  },
});
