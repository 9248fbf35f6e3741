import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { pools } from '../pools.js';

export default kernelCases({
  kernel: kernels.AveragePool,
  operation: ({ x }, attrs) => kernels.poolMeans(x, attrs),
  *cases(draw) {
    for (const { batch, windows, channels } of pools(draw, false)) {
      const x = draw.given([batch, ...windows.map(({ input }) => input), channels]);
      const divisor = draw.pick(['elements', 'elementsAndPadding', 'nothing'] as const);
      yield { inputs: { x }, attrs: { windows, divisor, factor: draw.pick([1, 0.3]) } };
    }
  },
});
