import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.Snake,
  operation: kernels.snakeOf,
  *cases(draw) {
    for (const [x, alphas, betas] of [
      [[1], 1, null],
      [[], 1, 1],
      [[0, 6], 6, 1],
      [[2, 0], 1, null],
      [[400, 3], 3, 3],
      [[2, 70, 5], 1, null],
      [[3, 7, 70], 70, 1],
      [[2, 9, 130], 1, 130],
      [[129, 8], 8, null],
    ] as const) {
      const logScale = draw.chance(0.5);
      const range = logScale ? ([-1, 1.5] as const) : ([0.3, 4] as const);
      yield {
        inputs: {
          x: draw.given(x, 'float32', draw.pick([[-2, 2] as const, [-30, 30] as const])),
          alpha: draw.given([alphas], 'float32', range),
          beta: betas === null ? null : draw.given([betas], 'float32', range),
        },
        attrs: { logScale, eps: draw.pick([1e-9, 1e-3]) },
      };
    }
  },
});
