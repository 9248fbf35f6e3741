import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.NeighbourDistances,
  operation: kernels.distancesToNeighbours,
  *cases(draw) {
    for (const [batch, points, candidates, dimensions, count] of [
      [1, 1, 1, 1, 1],
      [0, 4, 3, 2, 2],
      [2, 0, 3, 3, 1],
      [3, 67, 40, 3, 1],
      [2, 70, 300, 3, 7],
      [1, 9, 20, 67, 5],
      // all point to few
      [2, 300, 3, 2, 4],
    ] as const) {
      const range = draw.pick([
        [-1, 1],
        [-100, 100],
      ] as const);
      yield {
        inputs: {
          a: draw.given([batch, points, dimensions], 'float32', range),
          b: draw.given([batch, candidates, dimensions], 'float32', range),
          indices: draw.given([batch, points, count], 'int32', [0, candidates]),
        },
        attrs: {},
      };
    }
  },
});
