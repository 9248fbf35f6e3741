import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { largeScans, nonlinearityOf, scanGradientInputs, smallScans, wideScan } from '../scans.js';

export default kernelCases({
  kernel: kernels.RnnScanGradient,
  *cases(draw) {
    for (const size of [...smallScans, ...largeScans, wideScan]) {
      yield {
        inputs: scanGradientInputs(draw, 1, size),
        attrs: { nonlinearity: nonlinearityOf(size) },
      };
    }
  },
});
