import { differentiable } from '../differentiable.js';
import { Activation, ActivationGrad } from './spec.js';

/** {@link Activation} as an operation with a gradient. */
export const activate = differentiable(
  Activation,
  [],
  ({ dy, inputs: { x }, attrs }) => ({ x: ActivationGrad.run({ dy, x }, attrs)[0] }),
  { usesValue: false },
);
