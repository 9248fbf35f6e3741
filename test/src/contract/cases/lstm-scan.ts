import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { lstmInputs, projectedScans, scanInputs, smallScans } from '../scans.js';

export default kernelCases({
  kernel: kernels.LstmScan,
  operation: kernels.lstmOverTime,
  *cases(draw) {
    for (const size of [...smallScans, ...projectedScans.small]) {
      yield { inputs: { ...scanInputs(draw, 4, size), ...lstmInputs(draw, size) }, attrs: {} };
    }
  },
});
