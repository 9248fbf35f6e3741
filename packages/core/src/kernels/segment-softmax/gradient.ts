import { differentiable } from '../differentiable.js';
import { SegmentSoftmax, SegmentSoftmaxGradient } from './spec.js';

/** {@link SegmentSoftmax} as an operation with a gradient by x. */
export const softmaxOfSegments = differentiable(
  SegmentSoftmax,
  ['pointer', 'order'],
  ({ dy, inputs: { pointer, order }, outputs }) => ({
    x: SegmentSoftmaxGradient.run({ y: outputs[0]!, dy, pointer, order }, {})[0],
  }),
);
