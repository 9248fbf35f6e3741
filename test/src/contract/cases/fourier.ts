import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { lengths } from '../fourier-lengths.js';

export default kernelCases({
  kernel: kernels.Dft,
  operation: ({ x }, attrs) => kernels.dft(x, attrs),
  *cases(draw) {
    for (const [rows, n] of lengths) {
      const range = draw.pick([
        [-1, 1],
        [900, 1000],
      ] as const);
      const attrs = { sign: draw.pick([-1, 1] as const), factor: draw.pick([1, 0.25]) };
      yield { label: `n ${n}`, inputs: { x: draw.given([rows, n, 2], 'float32', range) }, attrs };
    }
  },
});
