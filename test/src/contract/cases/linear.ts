import { functional, kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.Linear,
  operation: ({ x, weight, bias }, { activation }) =>
    functional.linear(x, weight, bias ?? null, activation === null ? {} : { activation }),
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
          bias: draw.chance(0.6) ? draw.given([outputs]) : null,
        },
        attrs: { activation: draw.pick([null, 'relu'] as const) },
      };
    }
  },
});
