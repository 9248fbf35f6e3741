import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.NearestNeighbours,
  *cases(draw) {
    for (const [batch, points, candidates, dimensions, count] of [
      [1, 1, 1, 1, 1],
      [0, 4, 3, 2, 2],
      [2, 0, 3, 3, 1],
      [2, 67, 150, 3, 8],
      [1, 9, 90, 40, 5],
      [1, 66, 70, 2, 64],
      [1, 5, 5, 3, 5],
    ] as const) {
      yield {
        inputs: {
          a: draw.given([batch, points, dimensions]),
          b: draw.given([batch, candidates, dimensions]),
        },
        attrs: { count },
      };
    }
    // whole numbers: distances are exact, and many of them equal
    for (const [candidates, dimensions, count] of [
      [300, 3, 20],
      [200, 2, 150],
      [17, 1, 17],
    ] as const) {
      yield {
        label: 'equally near ones',
        inputs: { a: draw.lattice([2, 11, dimensions]), b: draw.lattice([2, candidates, dimensions]) },
        attrs: { count },
      };
    }
  },
});
