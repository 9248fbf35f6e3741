import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.AccumulateUpdate,
  *cases(draw) {
    for (const shape of [[], [1], [0, 3], [3, 101], [5, 4, 3, 9]]) {
      yield { inputs: { sum: draw.given(shape), addend: draw.given(shape, 'float32', [-1e4, 1e4]) }, attrs: {} };
    }
  },
});
