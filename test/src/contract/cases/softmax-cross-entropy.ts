import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.SoftmaxCrossEntropy,
  operation: kernels.labelCrossEntropy,
  constants: ['weight'],
  *cases(draw) {
    for (const [shape, weighted, labelSmoothing] of [
      [[1, 1], false, 0],
      [[0, 4], false, 0],
      [[7], false, 0],
      [[2, 33, 5], false, 0],
      [[130, 48], true, 0.1],
      [[3, 49], true, 0],
      [[5, 7, 200], false, 0.3],
    ] as const) {
      const [rows, classes] = [shape.slice(0, -1), shape.at(-1)!];
      const target = draw.given(rows, 'int32', [0, classes]);
      const ignoreIndex = draw.pick([-100, 0]);
      for (let i = 0; i < target.values.length; i++) if (draw.chance(0.2)) target.values[i] = ignoreIndex;
      yield {
        inputs: {
          logits: draw.given(
            shape,
            'float32',
            draw.pick([
              [-3, 3],
              [-40, 40],
            ] as const),
          ),
          target,
          weight: weighted ? draw.given([classes], 'float32', [0.1, 2]) : null,
        },
        attrs: { ignoreIndex, labelSmoothing },
      };
    }
  },
});
