import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.NearestCodes,
  *cases(draw) {
    for (const [rows, codes, width] of [
      [1, 1, 1],
      [0, 4, 3],
      [7, 3, 5],
      [65, 129, 8],
      [130, 33, 67],
      [29, 70, 33],
      [3, 500, 520],
    ] as const) {
      yield { inputs: { x: draw.given([rows, width]), codebook: draw.given([codes, width]) }, attrs: {} };
    }
    // whole numbers: products are exact, and many distances equal
    for (const [rows, codes, width] of [
      [40, 200, 2],
      [90, 300, 19],
    ] as const) {
      yield {
        label: 'equally near ones',
        inputs: { x: draw.lattice([rows, width]), codebook: draw.lattice([codes, width], [-1, 2]) },
        attrs: {},
      };
    }
  },
});
