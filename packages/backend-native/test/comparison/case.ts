import type * as tf from '@tensorflow/tfjs-core';
import type { Draw, Given, Tolerance } from '@hourglass/core/testing';

export { Draw, sizeOf, type Given, type Shape, type Type } from '@hourglass/core/testing';

export type Tensors = Readonly<Record<string, tf.Tensor>>;

/** One call of a kernel, to be compared with TFJS's cpu backend. */
export interface Case {
  readonly kernel: string;
  /** By name; a kernel of a list has '0', '1', … */
  readonly inputs: Readonly<Record<string, Given>>;
  readonly attrs?: object;
  /** How far from the oracle it may be; {@link exact} where the result is defined to the last bit. */
  readonly tolerance: Tolerance;
  /** For a kernel that may write into its inputs. */
  readonly consumes?: boolean;
  /** What the kernel computes, of TFJS operations, for those that the cpu backend has not or has wrong. */
  readonly oracle?: (inputs: Tensors) => tf.Tensor | readonly tf.Tensor[];
}

/** The cases of a family of kernels; every file in `cases/` exports one as its default. */
export type Family = (draw: Draw) => Iterable<Case>;

export const exact: Tolerance = { rtol: 0, atol: 0 };
/** A few units in the last place. */
export const close: Tolerance = { rtol: 2e-6, atol: 1e-6 };

/** For a sum of `n` numbers of about `size`. */
export function sumOf(n: number, size = 1): Tolerance {
  return { rtol: 1e-5, atol: 1e-6 * size * Math.max(1, 3 * Math.sqrt(n)) };
}
