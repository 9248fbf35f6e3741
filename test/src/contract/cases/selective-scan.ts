import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.SelectiveScan,
  operation: kernels.selectiveScanOutput,
  *cases(draw) {
    // below, at and above a chunk, a vector and a workgroup; what is left out, and how far a step goes
    for (const [batch, length, channels, states, groups, optional, step] of [
      [1, 1, 1, 1, 1, false, 1],
      [0, 3, 2, 2, 1, false, 1],
      [2, 2, 5, 3, 1, true, 1],
      [2, 7, 6, 4, 2, true, 1],
      [1, 65, 3, 2, 3, false, 1],
      [1, 33, 70, 2, 1, true, 0.5],
      [1, 300, 2, 17, 1, false, 0.2],
      [2, 40, 4, 2, 1, true, 40],
    ] as const) {
      const whole = [batch, length, channels];
      const rows = [batch, length, groups, states];
      const deltaSoftplus = optional && draw.chance(0.7);
      yield {
        inputs: {
          u: draw.given(whole),
          delta: draw.given(whole, 'float32', deltaSoftplus ? [-3 * step, 2 * step] : [0, step]),
          A: draw.given([channels, states], 'float32', [-2, -0.01]),
          B: draw.given(rows, 'float32', [-1, 1]),
          C: draw.given(rows, 'float32', [-1, 1]),
          D: optional ? draw.given([channels]) : null,
          z: optional ? draw.given(whole) : null,
          deltaBias: optional ? draw.given([channels], 'float32', [-0.5, 0.5]) : null,
          initialState: optional ? draw.given([batch, channels, states]) : null,
        },
        attrs: { deltaSoftplus },
      };
    }
  },
});
