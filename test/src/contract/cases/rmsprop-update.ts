import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.RMSpropUpdate,
  *cases(draw) {
    for (const [shape, first, momentum, centered] of [
      [[1], true, 0, false],
      [[0, 3], false, 0.9, true],
      [[3, 101], false, 0, false],
      [[300], true, 0.9, true],
      [[5, 4, 3, 9], false, 0.9, true],
      [[65], false, 0.5, false],
      [[64], false, 0, true],
    ] as const) {
      yield {
        inputs: {
          value: draw.given(shape),
          gradient: draw.given(shape, 'float32', draw.pick([[-2, 2] as const, [-1e4, 1e4] as const])),
          // more than the square of the mean, as they always are
          square: first ? null : draw.given(shape, 'float32', [1, 4]),
          mean: first || !centered ? null : draw.given(shape, 'float32', [-0.9, 0.9]),
          velocity: first || momentum === 0 ? null : draw.given(shape),
        },
        attrs: {
          rate: 0.01,
          alpha: draw.pick([0.99, 0.9]),
          eps: 1e-6,
          penalty: draw.pick([0, 0.1]),
          momentum,
          centered,
        },
      };
    }
  },
});
