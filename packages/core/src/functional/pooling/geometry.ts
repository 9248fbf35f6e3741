import { check } from '../../errors.js';
import type { PoolWindows } from '../../kernels/pool/spec.js';
import { perAxis, type PerAxis } from '../axes/options.js';

export interface PoolOptions {
  /** Size of the windows, one for all axes or one each. */
  readonly kernelSize: PerAxis;
  /** Distance between windows; the kernel's size by default. */
  readonly stride?: PerAxis;
  /** Elements added on both sides, at most half the kernel: minus infinity for maxima, 0 for means. Default 0. */
  readonly padding?: PerAxis;
  /** True lets a last window reach over the end if it begins inside the input or the padding before it. Default false. */
  readonly ceilMode?: boolean;
}

export interface MaxPoolOptions extends PoolOptions {
  /** Distance between the elements of a window; default 1. */
  readonly dilation?: PerAxis;
}

export interface AvgPoolOptions extends PoolOptions {
  /** False: padding does not count in the mean. Default true. */
  readonly countIncludePad?: boolean;
  /** Divides the sums by this number instead of the count. */
  readonly divisorOverride?: number | null;
}

/** The windows along axes of these sizes. */
export function poolWindows(sizes: readonly number[], options: MaxPoolOptions, name: string): PoolWindows[] {
  const axes = sizes.length;
  const kernels = perAxis(options.kernelSize, axes, `${name}: kernelSize`, 1);
  const strides = perAxis(options.stride ?? options.kernelSize, axes, `${name}: stride`, 1);
  const paddings = perAxis(options.padding ?? 0, axes, `${name}: padding`, 0);
  const dilations = perAxis(options.dilation ?? 1, axes, `${name}: dilation`, 1);
  return sizes.map((size, axis) => {
    const [kernel, stride] = [kernels[axis]!, strides[axis]!];
    const [before, dilation] = [paddings[axis]!, dilations[axis]!];
    check(2 * before <= kernel, () => `${name}: padding must be at most half the kernel of ${kernel}, got ${before}`);
    const room = size + 2 * before - dilation * (kernel - 1) - 1;
    let count = Math.floor((room + (options.ceilMode ? stride - 1 : 0)) / stride) + 1;
    if (options.ceilMode && (count - 1) * stride >= size + before) count--;
    check(count > 0, () => `${name}: windows of ${kernel} do not fit into axis ${axis} of ${size} elements`);
    return { input: size, output: count, size: kernel, stride, before, dilation };
  });
}
