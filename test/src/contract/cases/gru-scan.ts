import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { scanInputs, smallScans } from '../scans.js';

export default kernelCases({
  kernel: kernels.GruScan,
  operation: kernels.gruOverTime,
  *cases(draw) {
    for (const size of smallScans) {
      yield {
        inputs: { ...scanInputs(draw, 3, size), bias: draw.given([3 * size.units], 'float32', [-1, 1]) },
        attrs: {},
      };
    }
  },
});
