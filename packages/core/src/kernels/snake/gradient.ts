import { differentiable } from '../differentiable.js';
import { Snake, SnakeGrad } from './spec.js';

/** {@link Snake} as an operation with gradients by x, alpha and beta. */
export const snakeOf = differentiable(
  Snake,
  [],
  ({ dy, inputs, attrs }) => {
    const [dx, dalpha, dbeta] = SnakeGrad.run({ ...inputs, dy }, attrs);
    return { x: dx, alpha: dalpha, beta: dbeta };
  },
  { usesValue: false },
);
