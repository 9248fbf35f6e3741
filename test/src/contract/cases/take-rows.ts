import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.TakeRows,
  *cases(draw) {
    for (const [x, ids] of [
      [[1], [1]],
      [[0, 3], [4]],
      [[3, 5], [0]],
      [[9, 7], [33]],
      [
        [5, 2, 3],
        [4, 6],
      ],
    ] as const) {
      for (const dtype of ['float32', 'int32'] as const) {
        yield {
          inputs: { x: draw.given(x, dtype), ids: draw.given(ids, 'int32', [-2, x[0] + 2]) },
          attrs: {},
        };
      }
    }
  },
});
