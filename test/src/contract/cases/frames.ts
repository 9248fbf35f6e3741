import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { framings } from '../framings.js';

export default kernelCases({
  kernel: kernels.Frames,
  operation: ({ x }, attrs) => kernels.cutFrames(x, attrs),
  *cases(draw) {
    for (const { batch, size, count, length, hop } of framings) {
      yield { inputs: { x: draw.given([batch, size]) }, attrs: { count, length, hop } };
    }
  },
});
