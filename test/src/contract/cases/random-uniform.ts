import { Generator, kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.RandomUniform,
  *cases() {
    for (const [shape, low, high] of [
      [[1], 0, 1],
      [[0], 0, 1],
      [[31, 47], -0.37, 1.91],
    ] as const) {
      yield { inputs: {}, attrs: { shape, low, high, state: new Generator(5).state } };
    }
  },
  // the reference in double precision does not round to float32
  tolerance: 2 ** -23,
});
