import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { foldings } from '../foldings.js';

export default kernelCases({
  kernel: kernels.Unfold,
  operation: ({ x }, attrs) => kernels.cutBlocks(x, attrs),
  *cases(draw) {
    for (const { batch, channels, rows, columns } of foldings) {
      yield { inputs: { x: draw.given([batch, rows.size, columns.size, channels]) }, attrs: { rows, columns } };
    }
  },
});
