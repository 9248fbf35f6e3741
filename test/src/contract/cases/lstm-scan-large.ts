import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { largeScans, lstmInputs, projectedScans, scanInputs } from '../scans.js';

// without finite differences, which would take long
export default kernelCases({
  kernel: kernels.LstmScan,
  *cases(draw) {
    for (const size of [...largeScans, ...projectedScans.large]) {
      yield { inputs: { ...scanInputs(draw, 4, size), ...lstmInputs(draw, size) }, attrs: {} };
    }
  },
});
