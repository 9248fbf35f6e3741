import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.GroupedNormGrad,
  *cases(draw) {
    for (const [x, batch, groups] of [
      [[3, 1], 1, 1],
      [[0, 4, 6], 0, 3],
      [[300, 65], 1, 65],
      [[2, 35, 12], 2, 4],
    ] as const) {
      const channels = x.at(-1)!;
      yield {
        inputs: {
          x: draw.given(x),
          dy: draw.given(x),
          mean: draw.given([batch, groups], 'float32', [-1, 1]),
          variance: draw.given([batch, groups], 'float32', [0.5, 4]),
          weight: draw.given([channels]),
          bias: draw.chance(0.5) ? draw.given([channels]) : null,
        },
        attrs: { batch, groups, eps: 1e-5, relu: draw.chance(0.5) },
      };
    }
  },
});
