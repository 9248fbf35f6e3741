import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { orderOf, pointerTo, segmentations, total } from '../compressed-rows.js';

export default kernelCases({
  kernel: kernels.SegmentMax,
  operation: kernels.largestOfSegments,
  *cases(draw) {
    let sorted = false;
    for (const [lengths, width] of segmentations(draw)) {
      const rows = total(lengths);
      sorted = !sorted;
      yield {
        inputs: {
          x: draw.given([rows, width], 'float32', [-1000, 1000]),
          pointer: pointerTo(lengths),
          order: sorted ? null : orderOf(draw, rows),
        },
        attrs: {},
      };
    }
  },
});
