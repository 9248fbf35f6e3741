import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.LstmScan,
  operation: kernels.lstmOverTime,
  *cases(draw) {
    for (const [steps, sequences, units, projected] of [
      [1, 1, 1, null],
      [7, 2, 5, null],
      [3, 17, 20, 6],
    ] as const) {
      const width = projected ?? units;
      yield {
        inputs: {
          gates: draw.given([steps, sequences, 4 * units], 'float32', [-2, 2]),
          weight: draw.given([width, 4 * units], 'float32', [-0.5, 0.5]),
          h0: draw.given([sequences, width], 'float32', [-1, 1]),
          c0: draw.given([sequences, units], 'float32', [-1, 1]),
          projection: projected === null ? null : draw.given([units, width], 'float32', [-0.5, 0.5]),
        },
        attrs: {},
      };
    }
  },
});
