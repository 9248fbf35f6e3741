import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const count = size === 'full' ? 2 ** 25 : 2 ** 16;
  return {
    description: `GELU of ${count} numbers`,
    inputs: [normal(count)],
    run: (x) => functional.gelu(x!),
    differentiate: [0],
    work: { bytes: 8 * count },
    trainWork: { bytes: 20 * count },
  };
});
