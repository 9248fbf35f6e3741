import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { longLengths } from '../fourier-lengths.js';

export default kernelCases({
  kernel: kernels.Dft,
  *cases(draw) {
    for (const [rows, n] of longLengths) {
      const range = draw.pick([
        [-1, 1],
        [900, 1000],
      ] as const);
      const attrs = { sign: draw.pick([-1, 1] as const), factor: draw.pick([1, 0.25]) };
      yield { label: `n ${n}`, inputs: { x: draw.given([rows, n, 2], 'float32', range) }, attrs };
    }
  },
});
