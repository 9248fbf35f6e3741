import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { lengths } from '../fourier-lengths.js';

export default kernelCases({
  kernel: kernels.RealDft,
  operation: ({ x }, attrs) => kernels.realDft(x, attrs),
  *cases(draw) {
    for (const [rows, n] of lengths) {
      const attrs = { doubled: draw.chance(0.5), factor: draw.pick([1, 0.25]) };
      yield { label: `n ${n}`, inputs: { x: draw.given([rows, n]) }, attrs };
    }
  },
});
