import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.RnnScan,
  operation: kernels.rnnOverTime,
  *cases(draw) {
    for (const [steps, sequences, units, nonlinearity] of [
      [1, 1, 1, 'tanh'],
      [7, 2, 5, 'tanh'],
      [3, 17, 20, 'relu'],
    ] as const) {
      yield {
        inputs: {
          gates: draw.given([steps, sequences, units], 'float32', [-2, 2]),
          weight: draw.given([units, units], 'float32', [-0.5, 0.5]),
          h0: draw.given([sequences, units], 'float32', [-1, 1]),
        },
        attrs: { nonlinearity },
      };
    }
  },
});
