import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { nonlinearityOf, scanInputs, smallScans } from '../scans.js';

export default kernelCases({
  kernel: kernels.RnnScan,
  operation: kernels.rnnOverTime,
  *cases(draw) {
    for (const size of smallScans) {
      yield {
        inputs: scanInputs(draw, 1, size),
        attrs: { nonlinearity: nonlinearityOf(size) },
      };
    }
  },
});
