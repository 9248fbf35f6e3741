import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [rows, codes, width] = size === 'full' ? [65536, 1024, 128] : [512, 64, 16];
  return {
    description: `vector quantisation of ${rows} rows of ${width} by ${codes} codes`,
    inputs: [normal(rows!, width!), normal(codes!, width!)],
    run: (x, codebook) => functional.vectorQuantize(x!, codebook!).quantized,
    differentiate: [0],
    work: { flops: 2 * rows! * codes! * width! },
    trainWork: { flops: 2 * rows! * codes! * width! },
  };
});
