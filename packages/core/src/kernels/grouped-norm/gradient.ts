import { differentiable } from '../differentiable.js';
import { FixedNorm, FixedNormGrad, GroupedNorm, GroupedNormGrad } from './spec.js';

/** {@link GroupedNorm} as an operation with gradients by x, weight and bias. */
export const normaliseGroups = differentiable(
  GroupedNorm,
  [],
  ({ dy, inputs, outputs, attrs }) => {
    const [, mean, variance] = outputs;
    const [dx, dweight, dbias] = GroupedNormGrad.run({ ...inputs, dy, mean: mean!, variance: variance! }, attrs);
    return { x: dx, weight: dweight, bias: dbias };
  },
  { usesValue: false },
);

/** {@link FixedNorm} as an operation with gradients by x, weight and bias; the statistics count as constants. */
export const normaliseByFixed = differentiable(
  FixedNorm,
  ['mean', 'variance'],
  ({ dy, inputs, attrs }) => {
    const [dx, dweight, dbias] = FixedNormGrad.run({ ...inputs, dy }, attrs);
    return { x: dx, weight: dweight, bias: dbias };
  },
  { usesValue: false },
);
