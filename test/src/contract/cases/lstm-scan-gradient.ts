import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { largeScans, lstmInputs, projectedScans, scanGradientInputs, smallScans, scanTrace } from '../scans.js';

export default kernelCases({
  kernel: kernels.LstmScanGradient,
  *cases(draw) {
    for (const size of [...smallScans, ...largeScans, ...projectedScans.small, ...projectedScans.large]) {
      yield {
        inputs: {
          ...scanGradientInputs(draw, 4, size, size.width + size.units),
          trace: scanTrace(draw, size),
          ...lstmInputs(draw, size),
        },
        attrs: {},
      };
    }
  },
});
