import { functional, Generator } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [rows, segments, width] = size === 'full' ? [1_000_000, 100_000, 8] : [3000, 500, 4];
  const generator = new Generator(1);
  const ids = Int32Array.from({ length: rows! }, () => generator.integer(0, segments!));
  const groups = new functional.Segments(ids, segments!);
  return {
    description: `softmax of ${rows} rows of ${width} in ${segments} segments`,
    inputs: [normal(rows!, width!)],
    run: (x) => functional.segmentSoftmax(x!, groups),
    differentiate: [0],
    work: { bytes: 8 * rows! * width! },
    trainWork: { bytes: 20 * rows! * width! },
  };
});
