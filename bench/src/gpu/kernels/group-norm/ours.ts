import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, side, channels] = size === 'full' ? [16, 128, 128] : [2, 16, 32];
  const shape = [batch!, side!, side!, channels!];
  return {
    description: `group norm, 8 groups, of ${shape.join(' x ')}`,
    inputs: [normal(...shape), normal(channels!), normal(channels!)],
    run: (x, weight, bias) => functional.groupNorm(x!, 8, weight, bias),
    differentiate: [0, 1, 2],
    work: { bytes: 8 * batch! * side! ** 2 * channels! },
    trainWork: { bytes: 20 * batch! * side! ** 2 * channels! },
  };
});
