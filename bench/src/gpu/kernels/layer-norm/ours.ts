import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [rows, width] = size === 'full' ? [16384, 1024] : [512, 256];
  return {
    description: `layer norm of ${rows} rows of ${width}`,
    inputs: [normal(rows!, width!), normal(width!), normal(width!)],
    run: (x, weight, bias) => functional.layerNorm(x!, [width!], weight, bias),
    differentiate: [0, 1, 2],
    work: { bytes: 8 * rows! * width! },
    // forward: x, y; backward: x, dy, dx
    trainWork: { bytes: 20 * rows! * width! },
  };
});
