import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, length, channels] = size === 'full' ? [16, 4096, 512] : [1, 128, 64];
  const outputs = channels! / 2;
  return {
    description: `transposed 1-D convolution, kernel 8, stride 4, ${channels} to ${outputs} channels, of ${batch} x ${length}`,
    inputs: [normal(batch!, length!, channels!), normal(8, outputs, channels!)],
    run: (x, weight) => functional.convTranspose1d(x!, weight!, null, { stride: 4, padding: 2 }),
    differentiate: [0, 1],
    work: { flops: 2 * batch! * length! * 8 * channels! * outputs },
  };
});
