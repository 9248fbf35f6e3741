import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.MaskedScale,
  *cases(draw) {
    for (const shape of [[], [1], [0, 3], [3, 101], [5, 4, 3, 9]]) {
      yield {
        inputs: { x: draw.given(shape, 'float32', [-1e3, 1e3]), mask: draw.given(shape, 'bool') },
        attrs: { scale: draw.pick([0, 1.25, 2]) },
      };
    }
  },
});
