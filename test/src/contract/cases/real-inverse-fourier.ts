import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { lengths } from '../fourier-lengths.js';

export default kernelCases({
  kernel: kernels.RealInverseDft,
  operation: ({ x }, attrs) => kernels.realInverseDft(x, attrs),
  *cases(draw) {
    for (const [rows, n] of lengths) {
      const attrs = { n, doubled: draw.chance(0.5), factor: draw.pick([1, 1 / n]) };
      yield { label: `n ${n}`, inputs: { x: draw.given([rows, Math.floor(n / 2) + 1, 2]) }, attrs };
    }
  },
});
