import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, points] = size === 'full' ? [8, 8192] : [1, 512];
  return {
    description: `16 nearest neighbours of ${batch} x ${points} points among as many`,
    inputs: [normal(batch!, points!, 3), normal(batch!, points!, 3)],
    run: (a, b) => functional.knn(a!, b!, 16).distances,
    differentiate: [0, 1],
    work: { flops: 8 * batch! * points! ** 2 },
    // the search is done once
    trainWork: { flops: 8 * batch! * points! ** 2 },
  };
});
