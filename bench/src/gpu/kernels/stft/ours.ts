import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, length, nFft] = size === 'full' ? [32, 2 ** 19, 1024] : [1, 8192, 256];
  const frames = length! / (nFft! / 4) + 1;
  return {
    description: `STFT of ${batch} x ${length} samples, ${nFft} points every ${nFft! / 4}`,
    inputs: [normal(batch!, length!)],
    run: (x) => functional.stft(x!, { nFft: nFft!, hopLength: nFft! / 4, window: functional.hannWindow(nFft!) }),
    differentiate: [0],
    work: { bytes: 4 * batch! * (length! + frames * (nFft! + 2)) },
  };
});
