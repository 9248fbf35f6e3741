import { differentiable } from '../differentiable.js';
import { RowNorm, RowNormGrad } from './spec.js';

/** {@link RowNorm} as an operation with gradients by x, weight and bias. */
export const normaliseRows = differentiable(
  RowNorm,
  [],
  ({ dy, inputs: { x, weight }, outputs, attrs }) => {
    const [, mean, inverse] = outputs;
    const { shape, centre } = attrs;
    const [dx, dweight, dbias] = RowNormGrad.run({ x, weight, dy, mean: mean!, inverse: inverse! }, { shape, centre });
    return { x: dx, weight: dweight, bias: dbias };
  },
  { usesValue: false },
);
