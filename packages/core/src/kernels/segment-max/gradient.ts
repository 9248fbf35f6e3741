import { differentiable } from '../differentiable.js';
import { SegmentMax, SegmentMaxGradient } from './spec.js';

/** {@link SegmentMax} as an operation with a gradient by x. */
export const largestOfSegments = differentiable(SegmentMax, ['pointer', 'order'], ({ dy, inputs, outputs }) => ({
  x: SegmentMaxGradient.run({ ...inputs, y: outputs[0]!, dy }, {})[0],
}));
