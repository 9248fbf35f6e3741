/** `small` is for adapters that compute on the processor: the same shaders, at sizes that take no minutes. */
export type Size = 'full' | 'small';

export const sizeVariable = 'HOURGLASS_BENCH_SIZE';

export function chosenSize(): Size {
  return process.env[sizeVariable] === 'small' ? 'small' : 'full';
}
