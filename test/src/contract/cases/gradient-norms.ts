import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.GradientNorms,
  *cases(draw) {
    for (const shapes of [[[]], [[0, 3], [1], [7, 13]], [[9001], [64, 64], [2, 4097]]]) {
      const lists = shapes.map((shape, i) => {
        const range = draw.pick([
          [-1, 1],
          [-1e-6, 1e-6],
          [-1e6, 1e6],
        ] as const);
        return [String(i), draw.given(shape, 'float32', range)] as const;
      });
      yield { inputs: Object.fromEntries(lists), attrs: {} };
    }
  },
});
