import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.NearestPoints,
  *cases(draw) {
    for (const [batch, points, candidates, dimensions] of [
      [1, 1, 1, 1],
      [0, 4, 3, 2],
      [2, 0, 3, 3],
      [2, 65, 129, 3],
      [1, 7, 3, 40],
      [3, 33, 70, 2],
      [1, 5, 1000, 5],
    ] as const) {
      const range = draw.pick([
        [-1, 1],
        [-1000, 1000],
      ] as const);
      yield {
        inputs: {
          a: draw.given([batch, points, dimensions], 'float32', range),
          b: draw.given([batch, candidates, dimensions], 'float32', range),
        },
        attrs: {},
      };
    }
    yield {
      label: 'equally near ones',
      inputs: { a: draw.lattice([2, 40, 3]), b: draw.lattice([2, 300, 3]) },
      attrs: {},
    };
    yield {
      label: 'far from the origin',
      inputs: { a: draw.lattice([1, 40, 2], [5000, 5005]), b: draw.lattice([1, 30, 2], [5000, 5005]) },
      attrs: {},
    };
  },
});
