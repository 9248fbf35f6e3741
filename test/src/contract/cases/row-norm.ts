import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';

export default kernelCases({
  kernel: kernels.RowNorm,
  operation: kernels.normaliseRows,
  *cases(draw) {
    const shapes: Array<[lead: number[], shape: number[]]> = [
      [[1], [1]],
      [[0, 3], [5]],
      [[2, 3], [64]],
      [[7], [129]],
      [[3], [5, 7]],
      [[130], [3]],
      [[], [17]],
      [[70], [1]],
      [[2], [3001]],
    ];
    for (let i = 0; i < 5; i++) shapes.push([draw.shape(2, 60), [draw.integer(1, 90)]]);
    for (const [lead, shape] of shapes) {
      const x = [...lead, ...shape];
      // a single number is its own mean: what is left of its gradient is a difference of equal numbers
      const single = x.at(-1) === 1;
      const range = draw.pick([
        [-2, 2],
        [-1000, 1000],
        [90, 100],
        [200, 220],
        [1e-3, 2e-3],
      ] as const);
      yield {
        inputs: {
          x: draw.given(x, 'float32', single ? [-2, 2] : range),
          weight: draw.chance(0.7) ? draw.given(shape) : null,
          bias: draw.chance(0.7) ? draw.given(shape) : null,
        },
        attrs: { shape, eps: single ? 0.1 : draw.pick([1e-5, 1e-6, 1e-2]), centre: draw.chance(0.5) },
      };
    }
  },
});
