import { Generator, kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.RandomBernoulli,
  *cases() {
    // within one run, beyond a workgroup's, and probabilities at the ends
    for (const [shape, probability, dtype] of [
      [[1], 0.5, 'float32'],
      [[0, 3], 0.5, 'float32'],
      [[3, 7, 911], 0.3, 'bool'],
      [[40_001], 0.9, 'float32'],
      [[300], 1, 'float32'],
      [[300], 0, 'bool'],
    ] as const) {
      yield { inputs: {}, attrs: { shape, probability, dtype, state: new Generator(5).state } };
    }
  },
  // the same numbers to the bit
  tolerance: 0,
});
