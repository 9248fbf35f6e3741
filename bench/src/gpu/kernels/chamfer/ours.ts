import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, points] = size === 'full' ? [16, 8192] : [1, 512];
  return {
    description: `Chamfer distance of ${batch} pairs of clouds of ${points} points`,
    inputs: [normal(batch!, points!, 3), normal(batch!, points!, 3)],
    run: (a, b) => functional.chamferDistance(a!, b!),
    differentiate: [0, 1],
    work: { flops: 16 * batch! * points! ** 2 },
    trainWork: { flops: 16 * batch! * points! ** 2 },
  };
});
