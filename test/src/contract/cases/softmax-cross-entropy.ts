import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { labelProblems } from '../label-problems.js';

export default kernelCases({
  kernel: kernels.SoftmaxCrossEntropy,
  operation: kernels.labelCrossEntropy,
  constants: ['weight'],
  *cases(draw) {
    yield* labelProblems(draw);
  },
});
