import { check } from '../../errors.js';
import type { Geometry } from '../../kernels/convolution-layer/correlate.js';
import { perAxis, perAxisPadding, type PerAxis, type PerAxisPadding } from '../axes/options.js';

export interface ConvolutionOptions {
  /** Default 1. */
  readonly stride?: PerAxis;
  /**
   * Zeros around the input: a number, one a spatial axis, [before, after] pairs, 'valid' (none) or 'same' (as many
   * outputs as inputs; stride 1 only; an odd one goes after, as in torch). Default 0.
   */
  readonly padding?: PerAxisPadding | 'same' | 'valid';
  /** Distance between the elements of the kernel; default 1. */
  readonly dilation?: PerAxis;
  /** Channels are cut into this many groups that do not see each other; default 1. */
  readonly groups?: number;
}

/** A convolution's options, checked and one an axis. */
export type { Geometry };

export function geometry(kernel: readonly number[], options: ConvolutionOptions, name: string): Geometry {
  const axes = kernel.length;
  const stride = perAxis(options.stride ?? 1, axes, `${name}: stride`, 1);
  const dilation = perAxis(options.dilation ?? 1, axes, `${name}: dilation`, 1);
  const groups = perAxis(options.groups ?? 1, 1, `${name}: groups`, 1)[0]!;
  return { kernel, stride, padding: paddingOf(options.padding ?? 0, kernel, stride, dilation, name), dilation, groups };
}

/** Pairs [before, after] for each axis. */
export function paddingOf(
  padding: PerAxisPadding | 'same' | 'valid',
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
  name: string,
): Array<[number, number]> {
  if (padding === 'valid') return kernel.map(() => [0, 0]);
  if (padding !== 'same') return perAxisPadding(padding, kernel.length, `${name}: padding`);
  check(
    stride.every((s) => s === 1),
    () => `${name}: padding 'same' needs stride 1, got ${stride.join(', ')}; pass the padding as numbers`,
  );
  return kernel.map((k, axis) => {
    const total = dilation[axis]! * (k - 1);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
}

/** Number of outputs along each axis. */
export function outputSizes(sizes: readonly number[], geometry: Geometry, name: string): number[] {
  const { kernel, stride, padding, dilation } = geometry;
  return sizes.map((size, axis) => {
    const padded = size + padding[axis]![0] + padding[axis]![1];
    const extent = dilation[axis]! * (kernel[axis]! - 1) + 1;
    check(
      padded >= extent,
      () =>
        `${name}: the kernel reaches over ${extent} elements, but axis ${axis} of the padded input has only ${padded}`,
    );
    return Math.floor((padded - extent) / stride[axis]!) + 1;
  });
}
