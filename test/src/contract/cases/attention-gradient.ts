import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { attentionProblems } from '../attention-problems.js';

// with a result and sums that need not belong to the inputs: any are a case of the same formula
export default kernelCases({
  kernel: kernels.attentionGradient,
  *cases(draw) {
    for (const { inputs, attrs, shape, rows } of attentionProblems(draw)) {
      yield {
        inputs: {
          ...inputs,
          y: draw.given(shape),
          dy: draw.given(shape),
          logSumExp: draw.given(rows, 'float32', [4, 8]),
        },
        attrs,
      };
    }
  },
});
