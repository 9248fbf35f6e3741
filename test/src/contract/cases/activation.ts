import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

const parameters: Readonly<Record<kernels.ActivationKind, ReadonlyArray<readonly number[]>>> = {
  gated: [[1], [1.702]],
  gelu: [[]],
  geluTanh: [[]],
  mish: [[]],
  hardswish: [[]],
  softplus: [
    [1, 20],
    [3, 5],
  ],
  leaky: [[0.01], [0.3]],
  exponential: [
    [1, 1, 1],
    [1.67, 1.05, 1],
    [2, 1, 0.5],
  ],
  squaredRelu: [[]],
};

export default kernelCases({
  kernel: kernels.Activation,
  operation: kernels.activate,
  *cases(draw) {
    for (const [kind, choices] of Object.entries(parameters) as Array<
      [kernels.ActivationKind, ReadonlyArray<readonly number[]>]
    >) {
      for (const own of choices) {
        const shapes = [[2, 3, 57], [draw.integer(1, 700)], draw.pick([[0, 3], [], [1]])];
        for (const shape of shapes) {
          const range = draw.pick([
            [-0.1, 0.1],
            [-4, 4],
            [-30, 30],
          ] as const);
          yield { label: kind, inputs: { x: draw.given(shape, 'float32', range) }, attrs: { kind, parameters: own } };
        }
      }
      const large = {
        shape: [6],
        dtype: 'float32',
        values: new Float32Array([-3e4, -200, -90, 90, 200, 3e4]),
      } as const;
      yield { label: `large ${kind}`, inputs: { x: large }, attrs: { kind, parameters: choices[0]! } };
    }
  },
});
