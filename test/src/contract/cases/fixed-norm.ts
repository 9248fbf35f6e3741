import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.FixedNorm,
  operation: kernels.normaliseByFixed,
  constants: ['mean', 'variance'],
  *cases(draw) {
    for (const x of [
      [1, 1],
      [0, 4],
      [300, 3],
      [2, 5, 7, 70],
      [33, 8],
    ]) {
      const channels = x.at(-1)!;
      yield {
        inputs: {
          x: draw.given(x, 'float32', draw.pick([[-2, 2] as const, [90, 100] as const])),
          mean: draw.given([channels]),
          variance: draw.given([channels], 'float32', [0.1, 9]),
          weight: draw.chance(0.7) ? draw.given([channels]) : null,
          bias: draw.chance(0.7) ? draw.given([channels]) : null,
        },
        attrs: { eps: draw.pick([1e-5, 1e-3]), relu: draw.chance(0.5) },
      };
    }
  },
});
