import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.SnakeGrad,
  *cases(draw) {
    for (const [x, alphas, betas, logScale] of [
      [[3, 1], 1, null, false],
      [[2, 300, 5], 5, 5, true],
      [[33, 65], 65, 1, false],
      [[129, 12], 1, null, true],
    ] as const) {
      yield {
        inputs: {
          x: draw.given(x, 'float32', [-9, 9]),
          alpha: draw.given([alphas], 'float32', [0.2, 1.5]),
          beta: betas === null ? null : draw.given([betas], 'float32', [0.2, 1.5]),
          dy: draw.given(x),
        },
        attrs: { logScale, eps: 1e-9 },
      };
    }
  },
});
