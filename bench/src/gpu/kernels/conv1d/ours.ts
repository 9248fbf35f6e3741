import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, length, channels] = size === 'full' ? [16, 16384, 256] : [1, 512, 32];
  const outputs = 2 * channels!;
  return {
    description: `1-D convolution, kernel 8, stride 4, ${channels} to ${outputs} channels, of ${batch} x ${length}`,
    inputs: [normal(batch!, length!, channels!), normal(8, channels!, outputs)],
    run: (x, weight) => functional.conv1d(x!, weight!, null, { stride: 4, padding: 2 }),
    differentiate: [0, 1],
    work: { flops: (2 * batch! * length! * 8 * channels! * outputs) / 4 },
  };
});
