import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { attentionProblems } from '../attention-problems.js';

export default kernelCases({
  kernel: kernels.attention,
  operation: kernels.attend,
  *cases(draw) {
    for (const { inputs, attrs } of attentionProblems(draw)) yield { inputs, attrs };
  },
});
