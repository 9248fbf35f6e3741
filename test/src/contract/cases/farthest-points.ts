import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.FarthestPoints,
  *cases(draw) {
    for (const [batch, points, dimensions, count] of [
      [1, 1, 1, 1],
      [0, 3, 3, 2],
      [2, 9, 3, 9],
      [3, 300, 3, 20],
      [1, 700, 2, 5],
      [1, 40, 37, 11],
    ] as const) {
      yield {
        inputs: {
          x: draw.given([batch, points, dimensions]),
          start: draw.given([batch], 'int32', [0, points]),
        },
        attrs: { count },
      };
    }
    // whole numbers: distances are exact, and many of them equal
    yield {
      label: 'equally far ones',
      inputs: { x: draw.lattice([2, 400, 3]), start: draw.given([2], 'int32', [0, 400]) },
      attrs: { count: 60 },
    };
  },
});
