import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { Resample } from '../../kernels/resample/spec.js';
import { mapAxis, mapAxisTransposed, mapPicture, type LinearMap } from '../axes/linear-map.js';
import { take } from '../axes/slices.js';
import type { PerAxis } from '../axes/options.js';
import { customOp } from '../../gradients/custom-op.js';
import { adaptiveAverageAxis } from '../pooling/average.js';
import { antialiasedMap, cubicMap, linearMap, nearestIndices, type AxisResize } from './weights.js';

export type InterpolationMode = 'nearest' | 'nearest-exact' | 'linear' | 'bilinear' | 'trilinear' | 'bicubic' | 'area';

export interface InterpolateOptions {
  /** Sizes of the result's spatial axes; either this or scaleFactor. */
  readonly size?: PerAxis | null;
  /** Result size over input size, rounded down; one for all axes or one each. */
  readonly scaleFactor?: number | readonly number[] | null;
  /** Default 'nearest'. 'linear', 'bilinear', 'trilinear' want one, two, three spatial axes, 'bicubic' two. */
  readonly mode?: InterpolationMode;
  /** True maps corner centres onto corner centres; default false: edges onto edges. For the linear and cubic modes. */
  readonly alignCorners?: boolean | null;
  /** Averages over what falls on an output element when shrinking; for 'bilinear' and 'bicubic'. Default false. */
  readonly antialias?: boolean;
  /** True uses the ratio of the sizes, not scaleFactor, to map coordinates. Default false. */
  readonly recomputeScaleFactor?: boolean | null;
}

/**
 * Resizes the spatial axes of x [batch, …spatial, channels] (one to three of them), as torch's F.interpolate.
 *
 * @throws InvalidArgumentError for options that do not go together
 */
export function interpolate(x: tf.Tensor, options: InterpolateOptions): tf.Tensor {
  const { mode = 'nearest', antialias = false } = options;
  const alignCorners = options.alignCorners ?? false;
  const spatial = x.rank - 2;
  check(
    spatial >= 1 && spatial <= 3,
    () => `interpolate takes [batch, 1 to 3 spatial axes, channels], got [${x.shape.join(', ')}]`,
  );
  checkMode(mode, spatial, alignCorners, antialias);
  const axes = resizes(x.shape.slice(1, -1), options, alignCorners);
  return scope(() => {
    switch (mode) {
      case 'nearest':
        return choose(x, axes, (resize) => nearestIndices(resize, false, spatial === 2));
      case 'nearest-exact':
        return choose(x, axes, (resize) => nearestIndices(resize, true, false));
      case 'area':
        return each(x, axes, (y, axis, { to }) => adaptiveAverageAxis(y, axis, to));
      case 'bicubic':
        return maps(x, axes, (resize) => (antialias ? antialiasedMap(resize, 'cubic') : cubicMap(resize)));
      default:
        if (antialias) return maps(x, axes, (resize) => antialiasedMap(resize, 'linear'));
        return spatial < 3 ? linear(x, axes) : maps(x, axes, linearMap);
    }
  });
}

const linearModes = ['linear', 'bilinear', 'trilinear'];

function checkMode(mode: InterpolationMode, spatial: number, alignCorners: boolean, antialias: boolean): void {
  const wanted = mode === 'bicubic' ? 2 : linearModes.indexOf(mode) + 1;
  check(
    wanted === 0 || wanted === spatial,
    () => `interpolate: mode '${mode}' needs ${wanted} spatial axes, there are ${spatial}`,
  );
  check(
    wanted > 0 || ['nearest', 'nearest-exact', 'area'].includes(mode),
    () =>
      `interpolate: unknown mode '${mode}'; there are nearest, nearest-exact, ${linearModes.join(', ')}, bicubic, area`,
  );
  check(!alignCorners || wanted > 0, () => `interpolate: alignCorners has no meaning in mode '${mode}'`);
  check(
    !antialias || wanted === 2,
    () => `interpolate: antialias works with 'bilinear' and 'bicubic', not with '${mode}'`,
  );
}

function resizes(sizes: readonly number[], options: InterpolateOptions, alignCorners: boolean): AxisResize[] {
  const { size = null, scaleFactor = null, recomputeScaleFactor } = options;
  check((size === null) !== (scaleFactor === null), 'interpolate: give either size or scaleFactor');
  check(!(recomputeScaleFactor && size !== null), 'interpolate: recomputeScaleFactor goes with scaleFactor only');
  const given = size ?? scaleFactor!;
  const values = typeof given === 'number' ? sizes.map(() => given) : given;
  check(
    values.length === sizes.length,
    () => `interpolate: ${sizes.length} spatial axes need as many sizes or scale factors, got ${values.length}`,
  );
  return sizes.map((from, axis) => {
    const value = values[axis]!;
    const to = size === null ? Math.floor(from * value) : value;
    check(
      Number.isInteger(to) && to > 0,
      () => `interpolate: axis ${axis} of ${from} elements cannot become ${to} elements`,
    );
    return { from, to, scale: size === null && !recomputeScaleFactor ? 1 / value : null, alignCorners };
  });
}

function each(
  x: tf.Tensor,
  axes: readonly AxisResize[],
  fn: (x: tf.Tensor, axis: number, resize: AxisResize) => tf.Tensor,
): tf.Tensor {
  return axes.reduce((y, resize, i) => fn(y, i + 1, resize), tf.clone(x));
}

/** Elements of x as they are. */
function choose(x: tf.Tensor, axes: readonly AxisResize[], indices: (resize: AxisResize) => number[]): tf.Tensor {
  if (x.dtype !== 'float32') {
    return each(x, axes, (y, axis, resize) => take(y, axis, indices(resize)));
  }
  return maps(x, axes, (resize) => {
    const first = indices(resize);
    return { from: resize.from, first, weights: first.map(() => [1]) };
  });
}

/** The axes one after another: all these methods are products of one for each axis. */
function maps(x: tf.Tensor, axes: readonly AxisResize[], map: (resize: AxisResize) => LinearMap): tf.Tensor {
  if (axes.length === 2) return mapPicture(x, map(axes[0]!), map(axes[1]!));
  return each(x, axes, (y, axis, resize) => mapAxis(y, axis, map(resize)));
}

/**
 * Linear interpolation over one or two axes. Forward it is TFJS's kernel where the coordinates agree (on wasm, x2 of
 * [4, 60, 80, 32]: 1 ms, as sparse maps 14 ms). Backward it is the maps' transpose (16 ms): TFJS's own gradient is wrong
 * for half-pixel centres.
 */
function linear(x: tf.Tensor, axes: readonly AxisResize[]): tf.Tensor {
  const viaMaps = (input: tf.Tensor): tf.Tensor => maps(input, axes, linearMap);
  const { alignCorners } = axes[0]!;
  const agrees = axes.every(({ from, to, scale }) =>
    alignCorners ? to > 1 : scale === null || scale === from / to || from === to,
  );
  if (!agrees || x.dtype !== 'float32' || Resample.isBrought) return viaMaps(x);
  const resized = [x.shape[0]!, ...axes.map(({ to }) => to), x.shape.at(-1)!];
  return customOp(
    [x],
    (input) => {
      const picture: tf.Tensor4D = tf.reshape(
        input,
        axes.length === 2 ? (x.shape as [number, number, number, number]) : [x.shape[0]!, 1, x.shape[1]!, x.shape[2]!],
      );
      const size: [number, number] = [axes.length === 2 ? axes[0]!.to : 1, axes.at(-1)!.to];
      return { value: tf.reshape(tf.image.resizeBilinear(picture, size, alignCorners, !alignCorners), resized) };
    },
    (dy) => mapsTransposed(dy, axes),
  );
}

function mapsTransposed(dy: tf.Tensor, axes: readonly AxisResize[]): tf.Tensor {
  return axes.reduceRight((y, resize, i) => mapAxisTransposed(y, i + 1, linearMap(resize)), dy);
}
