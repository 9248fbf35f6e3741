import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { largeScans, scanGradientInputs, smallScans, scanTrace } from '../scans.js';

export default kernelCases({
  kernel: kernels.GruScanGradient,
  *cases(draw) {
    for (const size of [...smallScans, ...largeScans]) {
      yield { inputs: { ...scanGradientInputs(draw, 3, size), trace: scanTrace(draw, size) }, attrs: {} };
    }
  },
});
