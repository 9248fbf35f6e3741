import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { longLengths } from '../fourier-lengths.js';

export default kernelCases({
  kernel: kernels.RealInverseDft,
  *cases(draw) {
    for (const [rows, n] of longLengths) {
      const attrs = { n, doubled: draw.chance(0.5), factor: draw.pick([1, 1 / n]) };
      yield { label: `n ${n}`, inputs: { x: draw.given([rows, Math.floor(n / 2) + 1, 2]) }, attrs };
    }
  },
});
