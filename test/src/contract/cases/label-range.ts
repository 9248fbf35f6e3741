import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.LabelRange,
  *cases(draw) {
    for (const [shape, range, ignoreIndex] of [
      [[1], [3, 4], null],
      [[2], [3, 4], 3],
      [[0, 4], [0, 9], null],
      [[3, 70], [-20, 300], null],
      [[2, 5000], [0, 900], 0],
      [[4000], [-7, 0], -1],
    ] as const) {
      yield { inputs: { target: draw.given(shape, 'int32', range) }, attrs: { ignoreIndex } };
    }
  },
});
