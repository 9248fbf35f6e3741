import { differentiable } from '@hourglass/core';
import { Squareplus, SquareplusGrad } from './spec.js';

/** {@link Squareplus} as an operation with a gradient. */
export const squareplusOf = differentiable(Squareplus, [], ({ dy, inputs: { x }, attrs }) => ({
  x: SquareplusGrad.run({ x, dy }, attrs)[0],
}));
