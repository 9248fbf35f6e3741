import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { foldings } from '../foldings.js';

export default kernelCases({
  kernel: kernels.Fold,
  operation: ({ x }, attrs) => kernels.addBlocks(x, attrs),
  *cases(draw) {
    for (const { batch, channels, rows, columns } of foldings) {
      const features = channels * rows.kernel * columns.kernel;
      const x = draw.given([batch, rows.count * columns.count, features]);
      yield { inputs: { x }, attrs: { rows, columns } };
    }
  },
});
