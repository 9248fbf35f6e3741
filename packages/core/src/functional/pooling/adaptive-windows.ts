import { check } from '../../errors.js';
import type { PoolWindows } from '../../kernels/pool/spec.js';

/** Sizes that an adaptive pooling makes: one for all axes or one each; null keeps the axis as it is. */
export type OutputSize = number | null | ReadonlyArray<number | null>;

export function outputSizesOf(outputSize: OutputSize, sizes: readonly number[], name: string): number[] {
  const given = Array.isArray(outputSize) ? outputSize : sizes.map(() => outputSize as number | null);
  check(given.length === sizes.length, () => `${name}: outputSize needs ${sizes.length} entries, got ${given.length}`);
  return sizes.map((size, axis) => {
    const count = (given[axis] as number | null) ?? size;
    check(
      Number.isInteger(count) && count > 0,
      () => `${name}: outputSize must be positive whole numbers, got ${count}`,
    );
    return count;
  });
}

/** `output` windows that cover an axis evenly; neighbours overlap by one where it does not divide. */
export function evenWindows(input: number, output: number): PoolWindows {
  return input % output === 0
    ? { input, output, size: input / output, stride: input / output, before: 0, dilation: 1 }
    : { input, output, size: 0, stride: 0, before: 0, dilation: 1 };
}
