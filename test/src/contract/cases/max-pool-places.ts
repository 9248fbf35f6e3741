import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { pools } from '../pools.js';

export default kernelCases({
  kernel: kernels.MaxPoolPlaces,
  *cases(draw) {
    for (const { batch, windows, channels } of pools(draw, true)) {
      // few different numbers, so that the first of equal ones counts
      const x = draw.given([batch, ...windows.map(({ input }) => input), channels]);
      x.values.forEach((value, i) => (x.values[i] = Math.round(value)));
      yield { inputs: { x }, attrs: { windows } };
    }
  },
});
