import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, points, count] = size === 'full' ? [16, 8192, 1024] : [1, 512, 32];
  return {
    description: `farthest-point sampling of ${count} of ${batch} x ${points} points`,
    inputs: [normal(batch!, points!, 3)],
    run: (x) => functional.farthestPointSample(x!, count!),
    work: { flops: 9 * batch! * points! * count! },
  };
});
