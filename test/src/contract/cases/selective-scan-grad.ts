import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

// The gradients one by one, and that of the last state, which the operation of selective-scan does not give.
export default kernelCases({
  kernel: kernels.SelectiveScanGrad,
  *cases(draw) {
    for (const [batch, length, channels, states, groups, optional] of [
      [1, 1, 1, 1, 1, false],
      [0, 3, 2, 2, 1, true],
      [2, 65, 70, 3, 1, true],
      [2, 33, 6, 17, 3, true],
    ] as const) {
      const whole = [batch, length, channels];
      const rows = [batch, length, groups, states];
      const state = [batch, channels, states];
      yield {
        inputs: {
          u: draw.given(whole),
          delta: draw.given(whole, 'float32', optional ? [-4, 1] : [0, 1]),
          A: draw.given([channels, states], 'float32', [-2, -0.01]),
          B: draw.given(rows),
          C: draw.given(rows),
          D: optional ? draw.given([channels]) : null,
          z: optional ? draw.given(whole) : null,
          deltaBias: optional ? draw.given([channels], 'float32', [-0.5, 0.5]) : null,
          initialState: optional ? draw.given(state) : null,
          dy: draw.given(whole),
          dstate: optional ? draw.given(state) : null,
          kept: draw.given([batch, Math.ceil(length / kernels.selectiveScanChunk), states, channels]),
        },
        attrs: { deltaSoftplus: optional },
      };
    }
  },
});
