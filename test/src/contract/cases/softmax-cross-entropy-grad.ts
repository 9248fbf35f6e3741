import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { labelProblems } from '../label-problems.js';

// with sums that need not belong to the logits: any are a case of the same formula
export default kernelCases({
  kernel: kernels.SoftmaxCrossEntropyGrad,
  *cases(draw) {
    for (const { inputs, attrs } of labelProblems(draw)) {
      const { shape } = inputs.target;
      yield {
        inputs: {
          ...inputs,
          dy: draw.given(shape),
          largest: draw.given(shape, 'float32', [35, 41]),
          logSum: draw.given(shape, 'float32', [0, 4]),
        },
        attrs,
      };
    }
  },
});
