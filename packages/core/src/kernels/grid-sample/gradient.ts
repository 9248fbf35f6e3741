import { differentiable } from '../differentiable.js';
import { GridSample, GridSampleGridGradient, GridSampleInputGradient } from './spec.js';

/** {@link GridSample} as an operation with gradients by x and the grid, of which those are computed that are wanted. */
export const sampleGrid = differentiable(
  GridSample,
  [],
  ({ dy, inputs: { x, grid }, attrs }) => ({
    x: () => GridSampleInputGradient.run({ grid, dy }, { ...attrs, shape: x.shape })[0]!,
    grid: () => GridSampleGridGradient.run({ x, grid, dy }, attrs)[0]!,
  }),
  { usesValue: false },
);
