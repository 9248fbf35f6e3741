import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

// large enough that lists are sorted by several workgroups and digits
export default kernelCases({
  kernel: kernels.NeighbourDistancesGradient,
  *cases(draw) {
    for (const [batch, points, candidates, dimensions, count] of [
      [1, 1, 1, 1, 1],
      [2, 600, 700, 3, 2],
      [1, 3000, 5, 3, 1],
    ] as const) {
      yield {
        inputs: {
          a: draw.given([batch, points, dimensions]),
          b: draw.given([batch, candidates, dimensions]),
          indices: draw.given([batch, points, count], 'int32', [0, candidates]),
          dy: draw.given([batch, points, count]),
        },
        attrs: {},
      };
    }
  },
});
