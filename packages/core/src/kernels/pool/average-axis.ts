import * as tf from '@tensorflow/tfjs-core';
import { mapAxis, mapAxisTransposed, type LinearMap } from '../../functional/axes/linear-map.js';
import { asRows, crop, placeTaps, span, taps, type Windows } from '../../functional/axes/windows.js';
import { customOp } from '../../gradients/custom-op.js';
import { evenRange } from './even-windows.js';
import type { AveragePoolAttrs, PoolWindows } from './spec.js';

// A mean over a box is the mean along one axis after another, also with padding that does or does not count.

type Divisor = AveragePoolAttrs['divisor'];

/** How many elements count in each window. */
function windowCounts({ input, output, size, stride, before }: PoolWindows, includePad: boolean): number[] {
  return Array.from({ length: output }, (_, i) => {
    const start = i * stride - before;
    const stop = Math.min(start + size, input + before);
    return includePad ? stop - start : Math.min(stop, input) - Math.max(start, 0);
  });
}

/** What multiplies the mean of all places of each window; null where it is 1 everywhere. */
function shares(windows: PoolWindows, divisor: Divisor, rank: number): tf.Tensor | null {
  if (divisor === 'nothing') return null;
  const counts = windowCounts(windows, divisor === 'elementsAndPadding');
  if (counts.every((n) => n === windows.size)) return null;
  return tf.tensor(
    counts.map((n) => windows.size / n),
    [counts.length, ...Array.from({ length: rank - 1 }, () => 1)],
  );
}

const isCopy = ({ size, stride, before, input, output }: PoolWindows): boolean =>
  size === 1 && stride === 1 && before === 0 && input === output;

const asWindows = ({ size, stride, output }: PoolWindows): Windows => ({
  kernel: size,
  stride,
  dilation: 1,
  count: output,
});

/** Windows that cover an axis evenly, as a linear map. */
function evenMap({ input, output }: PoolWindows, divisor: Divisor): LinearMap {
  const ranges = Array.from({ length: output }, (_, o) => evenRange(input, output, o));
  const weights = ranges.map(([start, stop]) => {
    return Array.from({ length: stop - start }, () => (divisor === 'nothing' ? 1 : 1 / (stop - start)));
  });
  return { from: input, first: ranges.map(([start]) => start), weights };
}

const resized = (x: tf.Tensor, axis: number, count: number): number[] =>
  x.shape.map((size, d) => (d === axis ? count : size));

/** Means over the windows along an axis; with the divisor 'nothing' evenly spaced ones are divided by their size all the same. */
export function averageAxis(x: tf.Tensor, axis: number, windows: PoolWindows, divisor: Divisor): tf.Tensor {
  if (windows.stride === 0) return mapAxis(x, axis, evenMap(windows, divisor));
  if (isCopy(windows)) return x;
  const evenly = asWindows(windows);
  const means = meanAlong(crop(asRows(x, axis), -windows.before, span(evenly)), evenly);
  const y = tf.reshape(means, resized(x, axis, windows.output));
  const factors = shares(windows, divisor, x.rank - axis);
  return factors === null ? y : tf.mul(y, factors);
}

/** The transpose of {@link averageAxis}. */
export function averageAxisTransposed(dy: tf.Tensor, axis: number, windows: PoolWindows, divisor: Divisor): tf.Tensor {
  if (windows.stride === 0) return mapAxisTransposed(dy, axis, evenMap(windows, divisor));
  if (isCopy(windows)) return dy;
  const factors = shares(windows, divisor, dy.rank - axis);
  const evenly = asWindows(windows);
  const spread = meanAlongTransposed(asRows(factors === null ? dy : tf.mul(dy, factors), axis), evenly);
  return tf.reshape(crop(spread, windows.before, windows.input), resized(dy, axis, windows.input));
}

/** Means over windows without padding along the middle axis of [outer, axis, inner]. */
function meanAlong(x: tf.Tensor3D, windows: Windows): tf.Tensor3D {
  const { kernel, stride, count } = windows;
  if (kernel === 1) return taps(x, windows)[0]!;
  const [outer, length, inner] = x.shape;
  return customOp(
    [x],
    (input) => {
      const column: tf.Tensor4D = tf.reshape(input!, [outer, length, 1, inner]);
      const y = tf.avgPool(column, [kernel, 1], [stride, 1], 'valid');
      return { value: tf.reshape(y, [outer, count, inner]) };
    },
    (dy) => meanAlongTransposed(dy as tf.Tensor3D, windows),
  ) as tf.Tensor3D;
}

/** To an axis as long as the windows span. */
function meanAlongTransposed(dy: tf.Tensor3D, windows: Windows): tf.Tensor3D {
  const { kernel, stride, count } = windows;
  const [outer, , inner] = dy.shape;
  const length = span(windows);
  const share: tf.Tensor3D = kernel === 1 ? dy : tf.mul(dy, 1 / kernel);
  if (stride === kernel) {
    const repeated = tf.mul(tf.reshape(share, [outer, count, 1, inner]), tf.ones([1, 1, kernel, 1]));
    return tf.reshape(repeated, [outer, length, inner]);
  }
  return placeTaps(
    Array.from({ length: kernel }, () => share),
    windows,
    length,
  );
}
