import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

/** The range of the function's input or output, and its options. */
const functions: Readonly<
  Record<
    kernels.FromInput | kernels.FromOutput,
    readonly [range: readonly [number, number], options?: readonly number[]]
  >
> = {
  Abs: [[-4, 4]],
  ClipByValue: [
    [-4, 4],
    [-1, 2],
  ],
  Erf: [[-20, 20]],
  Expm1: [[-1, 50]],
  LeakyRelu: [[-4, 4], [0.2]],
  Log1p: [[-0.9, 50]],
  Reciprocal: [[-100, 100]],
  Relu: [[-4, 4]],
  Relu6: [[-1, 8]],
  Rsqrt: [[0.01, 20]],
  Selu: [[-1.7, 9]],
  Sigmoid: [[0, 1]],
  Softplus: [[-100, 100]],
  Sqrt: [[0.01, 30]],
  Square: [[-1000, 1000]],
  Tanh: [[-1, 1]],
};

export default kernelCases({
  kernel: kernels.ElementwiseGrad,
  *cases(draw) {
    for (const [of, [range, options]] of Object.entries(functions) as Array<
      [kernels.FromInput, (typeof functions)[kernels.FromInput]]
    >) {
      for (const shape of [[], [0, 2], [3, 7, 19]]) {
        const value = draw.given(shape, 'float32', range);
        // kinks: whole numbers, 0 among them
        if (range[0] < 0)
          for (let i = 0; i < value.values.length; i += 5) value.values[i] = Math.round(value.values[i]!);
        yield { label: of, inputs: { dy: draw.given(shape), value }, attrs: { of, ...(options && { options }) } };
      }
    }
  },
});
