import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { pools } from '../pools.js';

export default kernelCases({
  kernel: kernels.MaxPool,
  operation: ({ x }, attrs) => kernels.poolMaxima(x, attrs),
  *cases(draw) {
    for (const { batch, windows, channels } of pools(draw, true)) {
      const x = draw.given([batch, ...windows.map(({ input }) => input), channels]);
      yield { inputs: { x }, attrs: { windows } };
    }
  },
});
