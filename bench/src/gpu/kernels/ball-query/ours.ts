import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, points, centres] = size === 'full' ? [16, 8192, 1024] : [1, 512, 64];
  return {
    description: `ball query, 32 of ${batch} x ${points} points around ${centres} centres`,
    inputs: [normal(batch!, centres!, 3), normal(batch!, points!, 3)],
    run: (centre, cloud) => functional.ballQuery(centre!, cloud!, { radius: 0.3, count: 32 }),
    work: { flops: 8 * batch! * points! * centres! },
  };
});
