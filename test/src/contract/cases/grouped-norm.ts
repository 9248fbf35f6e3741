import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.GroupedNorm,
  operation: kernels.normaliseGroups,
  *cases(draw) {
    for (const [x, batch, groups] of [
      [[2, 1], 1, 1],
      [[0, 4, 6], 0, 3],
      [[3, 0, 6], 3, 2],
      [[400, 3], 1, 3],
      [[7, 5, 70], 1, 70],
      [[2, 9, 5, 12], 2, 4],
      [[3, 33, 8], 3, 1],
      [[2, 50, 130], 2, 130],
      [[4, 15], 4, 3],
      [[9001, 2], 1, 2],
    ] as const) {
      const channels = x.at(-1)!;
      // of two numbers the normalised ones are 1 and -1: what is left of their gradients is a difference of equal numbers
      const few = x[0] === 2 && channels === 1;
      const range = draw.pick([
        [-2, 2],
        [-1000, 1000],
        [90, 100],
        [990, 1010],
      ] as const);
      yield {
        inputs: {
          x: draw.given(x, 'float32', few ? [-2, 2] : range),
          weight: draw.chance(0.7) ? draw.given([channels]) : null,
          bias: draw.chance(0.7) ? draw.given([channels]) : null,
        },
        attrs: { batch, groups, eps: few ? 0.1 : draw.pick([1e-5, 1e-3]), relu: draw.chance(0.4) },
      };
    }
  },
});
