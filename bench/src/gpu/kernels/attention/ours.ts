import { functional } from '@hourglass/core';
import { normal, operationWorkload } from '../../operation.js';

export const workload = operationWorkload((size) => {
  const [batch, heads, length, width] = size === 'full' ? [4, 8, 4096, 64] : [1, 2, 128, 32];
  const input = (): ReturnType<typeof normal> => normal(batch!, heads!, length!, width!);
  return {
    description: `causal attention, ${batch} x ${heads} heads, ${length} tokens, head size ${width}`,
    inputs: [input(), input(), input()],
    run: (q, k, v) => functional.scaledDotProductAttention(q!, k!, v!, { isCausal: true }),
    differentiate: [0, 1, 2],
    // half of the scores are masked
    work: { flops: 2 * batch! * heads! * length! ** 2 * width! },
    trainWork: { flops: 7 * batch! * heads! * length! ** 2 * width! },
  };
});
