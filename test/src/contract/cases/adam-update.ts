import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.AdamUpdate,
  *cases(draw) {
    for (const [shape, steps, amsgrad] of [
      [[1], 0, false],
      [[0, 3], 1, false],
      [[7, 39], 1, false],
      [[300], 0, true],
      [[5, 4, 3, 9], 1, true],
      // where the largest square is asked for later than the others
      [[65], 2, true],
    ] as const) {
      const later = steps > 0;
      yield {
        inputs: {
          value: draw.given(shape),
          gradient: draw.given(shape, 'float32', draw.pick([[-2, 2] as const, [-1e4, 1e4] as const])),
          mean: later ? draw.given(shape) : null,
          square: later ? draw.given(shape, 'float32', [0.5, 4]) : null,
          maxSquare: steps === 1 && amsgrad ? draw.given(shape, 'float32', [0.5, 4]) : null,
        },
        attrs: {
          beta1: 0.9,
          beta2: draw.pick([0.999, 0.95]),
          eps: 1e-8,
          rate: 0.03,
          penalty: draw.pick([0, 0.1]),
          shrinkage: draw.pick([1, 0.99]),
          amsgrad,
        },
      };
    }
  },
});
