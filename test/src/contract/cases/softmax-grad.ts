import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.SoftmaxGrad,
  *cases(draw) {
    for (const shape of [[1], [0, 3], [2, 3, 48], [65, 2], [3, 49], [7, 300]]) {
      yield { inputs: { dy: draw.given(shape), y: draw.given(shape, 'float32', [0, 1]) }, attrs: {} };
    }
  },
});
