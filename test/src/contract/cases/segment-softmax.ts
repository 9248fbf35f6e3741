import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { orderOf, pointerTo, segmentations, total } from '../compressed-rows.js';

export default kernelCases({
  kernel: kernels.SegmentSoftmax,
  operation: kernels.softmaxOfSegments,
  *cases(draw) {
    let sorted = false;
    for (const [lengths, width] of segmentations(draw)) {
      const rows = total(lengths);
      sorted = !sorted;
      yield {
        inputs: {
          // in the second case numbers that would overflow
          x: draw.given([rows, width], 'float32', draw.chance(0.5) ? [-3, 3] : [90, 100]),
          pointer: pointerTo(lengths),
          order: sorted ? null : orderOf(draw, rows),
        },
        attrs: {},
      };
    }
  },
});
