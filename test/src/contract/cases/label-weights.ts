import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.LabelWeights,
  *cases(draw) {
    for (const [shape, classes, weighted] of [
      [[1], 1, true],
      [[0, 3], 4, true],
      [[], 3, false],
      [[5, 70], 9, true],
      [[129], 2, false],
    ] as const) {
      const target = draw.given(shape, 'int32', [0, classes]);
      for (let i = 0; i < target.values.length; i++) if (draw.chance(0.2)) target.values[i] = -100;
      const weight = weighted ? draw.given([classes], 'float32', [0, 3]) : null;
      yield { inputs: { target, weight }, attrs: { classes, ignoreIndex: -100 } };
    }
  },
});
