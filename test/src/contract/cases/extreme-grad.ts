import { kernels } from '@hourglass/core';
import { kernelCases, type Given } from '@hourglass/core/testing';

const halves: readonly number[] = [-1, -0.5, 0, 0.5, 1];

/** The largest along axes of x, in plain numbers. */
function largest(x: Given, first: number, end: number): Given {
  const size = (from: number, to: number): number => x.shape.slice(from, to).reduce((n, d) => n * d, 1);
  const [outer, length, inner] = [size(0, first), size(first, end), size(end, x.shape.length)];
  const values = new Float32Array(outer * inner).fill(-Infinity);
  for (let i = 0; i < outer * length * inner; i++) {
    const at = Math.floor(i / (length * inner)) * inner + (i % inner);
    values[at] = Math.max(values[at]!, x.values[i]!);
  }
  return { shape: [...x.shape.slice(0, first), ...x.shape.slice(end)], dtype: 'float32', values };
}

export default kernelCases({
  kernel: kernels.ExtremeGrad,
  *cases(draw) {
    for (const [shape, first, end] of [
      [[1], 0, 1],
      [[7], 0, 1],
      [[3, 300], 1, 2],
      [[300, 5], 0, 1],
      [[0, 4, 3], 1, 2],
      [[2, 5, 7, 3], 1, 3],
      [[4, 1, 9], 1, 2],
    ] as const) {
      // few different numbers: many share an extreme
      const x = draw.given(shape);
      x.values.forEach((_, i) => (x.values[i] = draw.pick(halves)));
      const y = largest(x, first, end);
      yield { inputs: { x, y, dy: draw.given(y.shape) }, attrs: { axes: [first, end] as const } };
    }
  },
});
