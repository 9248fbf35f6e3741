import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { largeScans, nonlinearityOf, scanInputs, wideScan } from '../scans.js';

// without finite differences, which would take long
export default kernelCases({
  kernel: kernels.RnnScan,
  *cases(draw) {
    for (const size of [...largeScans, wideScan]) {
      yield {
        inputs: scanInputs(draw, 1, size),
        attrs: { nonlinearity: nonlinearityOf(size) },
      };
    }
  },
});
