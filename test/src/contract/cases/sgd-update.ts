import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.SGDUpdate,
  *cases(draw) {
    for (const [shape, momentum, first, nesterov] of [
      [[1], 0, true, false],
      [[0, 3], 0.9, false, false],
      [[3, 101], 0, true, false],
      [[300], 0.9, true, true],
      [[5, 4, 3, 9], 0.9, false, true],
      [[65], 0.5, false, false],
      [[64], 0.5, true, false],
    ] as const) {
      yield {
        inputs: {
          value: draw.given(shape),
          gradient: draw.given(shape, 'float32', draw.pick([[-2, 2] as const, [-1e4, 1e4] as const])),
          velocity: momentum === 0 || first ? null : draw.given(shape),
        },
        attrs: {
          rate: 0.1,
          momentum,
          dampening: nesterov ? 0 : draw.pick([0, 0.3]),
          penalty: draw.pick([0, 0.1]),
          nesterov,
        },
      };
    }
  },
});
