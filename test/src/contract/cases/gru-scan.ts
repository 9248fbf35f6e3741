import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.GruScan,
  operation: kernels.gruOverTime,
  *cases(draw) {
    for (const [steps, sequences, units] of [
      [1, 1, 1],
      [7, 2, 5],
      [3, 17, 20],
    ] as const) {
      yield {
        inputs: {
          gates: draw.given([steps, sequences, 3 * units], 'float32', [-2, 2]),
          weight: draw.given([units, 3 * units], 'float32', [-0.5, 0.5]),
          bias: draw.given([3 * units], 'float32', [-1, 1]),
          h0: draw.given([sequences, units], 'float32', [-1, 1]),
        },
        attrs: {},
      };
    }
  },
});
