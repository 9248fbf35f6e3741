import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.AverageUpdate,
  *cases(draw) {
    for (const [shape, observed] of [
      [[], [1]],
      [[0], [0, 1]],
      [[303], [3, 101]],
      [
        [5, 4, 3, 9],
        [5, 4, 3, 9],
      ],
    ]) {
      yield {
        inputs: { average: draw.given(shape!), target: draw.given(observed!, 'float32', [-1e3, 1e3]) },
        attrs: { weight: draw.pick([0.1, 0.001, 1]), scale: draw.pick([1, 1.25]) },
      };
    }
  },
});
