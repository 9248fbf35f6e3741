import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { lengthsOf, orderOf, pointerTo, total } from '../compressed-rows.js';

// Its gradients are sparse products.
export default kernelCases({
  kernel: kernels.SampledProduct,
  *cases(draw) {
    for (const [lengths, columns, heads, width] of [
      [[1], 1, 1, 1],
      [[0, 0], 3, 1, 2],
      [lengthsOf(draw, 30, 6, 90), 12, 3, 5],
      [lengthsOf(draw, 7, 5, 13), 20, 1, 70],
    ] as const) {
      const places = total(lengths);
      yield {
        inputs: {
          a: draw.given([lengths.length, heads, width]),
          b: draw.given([columns, heads, width]),
          pointer: pointerTo(lengths),
          column: draw.given([places], 'int32', [0, columns]),
          edge: draw.chance(0.5) ? null : orderOf(draw, places),
        },
        attrs: {},
      };
    }
  },
});
