import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.LinearGradient,
  *cases(draw) {
    for (const [lead, inputs, outputs] of [
      [[1], 1, 1],
      [[], 5, 3],
      [[2, 3], 17, 9],
      [[0, 2], 3, 4],
      [[65], 130, 33],
    ] as const) {
      yield {
        inputs: {
          x: draw.given([...lead, inputs]),
          weight: draw.given([inputs, outputs]),
          dy: draw.given([...lead, outputs]),
        },
        attrs: { x: draw.chance(0.7), bias: draw.chance(0.6) },
      };
    }
  },
});
