import { differentiable } from '../differentiable.js';
import { NeighbourDistances, NeighbourDistancesGradient } from './spec.js';

/** {@link NeighbourDistances} as an operation with gradients by both clouds. */
export const distancesToNeighbours = differentiable(NeighbourDistances, ['indices'], ({ dy, inputs }) => {
  const [da, db] = NeighbourDistancesGradient.run({ ...inputs, dy }, {});
  return { a: da, b: db };
});
