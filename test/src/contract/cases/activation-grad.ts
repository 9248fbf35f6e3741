import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.ActivationGrad,
  *cases(draw) {
    for (const [kind, parameters] of [
      ['gated', [1.702]],
      ['gelu', []],
      ['geluTanh', []],
      ['mish', []],
      ['hardswish', []],
      ['softplus', [2, 6]],
      ['leaky', [0.2]],
      ['exponential', [1.5, 1.2, 0.7]],
      ['squaredRelu', []],
    ] as const) {
      for (const range of [
        [-5, 5],
        [-200, 200],
      ] as const) {
        yield {
          label: kind,
          inputs: { x: draw.given([3, 101], 'float32', range), dy: draw.given([3, 101]) },
          attrs: { kind, parameters },
        };
      }
    }
  },
});
