import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { largeScans, scanInputs } from '../scans.js';

// without finite differences, which would take long
export default kernelCases({
  kernel: kernels.GruScan,
  *cases(draw) {
    for (const size of largeScans) {
      yield {
        inputs: { ...scanInputs(draw, 3, size), bias: draw.given([3 * size.units], 'float32', [-1, 1]) },
        attrs: {},
      };
    }
  },
});
