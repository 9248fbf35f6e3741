import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.AdagradUpdate,
  *cases(draw) {
    for (const shape of [[1], [0, 3], [3, 101], [5, 4, 3, 9]]) {
      yield {
        inputs: {
          value: draw.given(shape),
          gradient: draw.given(shape, 'float32', draw.pick([[-2, 2] as const, [-1e4, 1e4] as const])),
          sum: draw.given(shape, 'float32', [0, 4]),
        },
        attrs: { rate: 0.1, eps: 1e-10, penalty: draw.pick([0, 0.1]) },
      };
    }
  },
});
