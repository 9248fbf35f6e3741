import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { framings } from '../framings.js';

export default kernelCases({
  kernel: kernels.OverlapAdd,
  operation: ({ x }, attrs) => kernels.addFrames(x, attrs),
  *cases(draw) {
    for (const { batch, size, count, length, hop } of framings) {
      yield { inputs: { x: draw.given([batch, count, length]) }, attrs: { size, hop } };
    }
  },
});
