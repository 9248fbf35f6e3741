import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { pools } from '../pools.js';

export default kernelCases({
  kernel: kernels.AveragePoolGradient,
  operation: ({ dy }, attrs) => kernels.poolMeansTransposed(dy, attrs),
  *cases(draw) {
    for (const { batch, windows, channels } of pools(draw, false)) {
      const dy = draw.given([batch, ...windows.map(({ output }) => output), channels]);
      const divisor = draw.pick(['elements', 'elementsAndPadding', 'nothing'] as const);
      yield { inputs: { dy }, attrs: { windows, divisor, factor: draw.pick([1, 0.3]) } };
    }
  },
});
