import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { RowNorm, RowNormGrad } from '../../kernels/row-norm/spec.js';
import { scope } from '../../memory.js';
import { customOp } from '../custom-op.js';
import { channelMeans, scaleShift } from './channels.js';

/** Machine epsilon of float32, torch's default for RMS norm. */
export const float32Epsilon = 2 ** -23;

/**
 * Normalises x over its trailing axes `normalizedShape`, then scales and shifts elementwise (Ba et al. 2016,
 * arXiv:1607.06450). `weight` and `bias` have shape `normalizedShape`, or are null.
 *
 * @throws InvalidArgumentError when x does not end in `normalizedShape`, or a parameter has another shape.
 */
export function layerNorm(
  x: tf.Tensor,
  normalizedShape: readonly number[],
  weight: tf.Tensor | null = null,
  bias: tf.Tensor | null = null,
  eps = 1e-5,
): tf.Tensor {
  return rowNorm('layerNorm', x, normalizedShape, weight, bias, eps, true);
}

/**
 * Divides x by its root mean square over the trailing axes `normalizedShape`, then scales elementwise (Zhang and
 * Sennrich 2019, arXiv:1910.07467). eps null is the machine epsilon of float32.
 *
 * @throws InvalidArgumentError when x does not end in `normalizedShape`, or the weight has another shape.
 */
export function rmsNorm(
  x: tf.Tensor,
  normalizedShape: readonly number[],
  weight: tf.Tensor | null = null,
  eps: number | null = null,
): tf.Tensor {
  return rowNorm('rmsNorm', x, normalizedShape, weight, null, eps ?? float32Epsilon, false);
}

function rowNorm(
  name: string,
  x: tf.Tensor,
  normalizedShape: readonly number[],
  weight: tf.Tensor | null,
  bias: tf.Tensor | null,
  eps: number,
  centre: boolean,
): tf.Tensor {
  const tail = x.shape.slice(x.rank - normalizedShape.length);
  check(
    normalizedShape.length > 0 && tf.util.arraysEqual(tail, [...normalizedShape]),
    () => `${name} over [${normalizedShape.join(', ')}] does not fit an input of shape [${x.shape.join(', ')}]`,
  );
  for (const parameter of [weight, bias]) {
    check(
      parameter === null || tf.util.arraysEqual(parameter.shape, [...normalizedShape]),
      () => `${name} over [${normalizedShape.join(', ')}] got a parameter of shape [${parameter!.shape.join(', ')}]`,
    );
  }
  return scope(() => normalizeRows(x, tail, weight, bias, eps, centre));
}

/** Over the trailing axes of these sizes, which weight and bias have too, or are null. */
function normalizeRows(
  x: tf.Tensor,
  shape: readonly number[],
  weight: tf.Tensor | null,
  bias: tf.Tensor | null,
  eps: number,
  centre: boolean,
): tf.Tensor {
  const c = tf.util.sizeFromShape([...shape]);
  const r = x.size / c;
  const rows = (v: tf.Tensor): tf.Tensor => tf.reshape(v, [r, c]);
  /** x [r, c] times and plus numbers for each column. */
  const perColumn = (x: tf.Tensor, scale: tf.Tensor | null, shift: tf.Tensor | null): tf.Tensor => {
    const line = (v: tf.Tensor | null): tf.Tensor | null => v && tf.reshape(v, [1, c]);
    if (scale === null && shift === null) return x;
    return rows(scaleShift(tf.reshape(x, [1, r, c]), line(scale), line(shift)));
  };
  const normed = (x: tf.Tensor): [normed: tf.Tensor, inverse: tf.Tensor] => {
    const centred = centre ? tf.sub(x, tf.mean(x, 1, true)) : x;
    const inverse = scope(() => tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), eps)));
    return [tf.mul(centred, inverse), inverse];
  };
  return customOp(
    [x, ...(weight === null ? [] : [weight]), ...(bias === null ? [] : [bias])],
    (x) => {
      const own = RowNorm.run({ x: x!, weight, bias }, { shape, eps, centre });
      if (own !== null) return { value: own[0]!, saved: own.slice(1) };
      const [y, inverse] = normed(rows(x!));
      return { value: tf.reshape(perColumn(y, weight, bias), x!.shape), saved: [y, inverse] };
    },
    (dy, [x, ...affine], saved) => {
      const own =
        saved &&
        RowNormGrad.run(
          { dy, x: x!, mean: saved[0]!, inverse: saved[1]!, weight: weight && affine[0]! },
          { shape, centre },
        );
      if (own !== null) return [own[0]!, ...(weight === null ? [] : [own[1]!]), ...(bias === null ? [] : [own[2]!])];
      const upstream = rows(dy);
      const [y, inverse] = saved === null ? normed(rows(x!)) : [saved[0]!, saved[1]!];
      const g = perColumn(upstream, weight === null ? null : affine[0]!, null);
      const total = (v: () => tf.Tensor): tf.Tensor =>
        scope(() => tf.reshape(tf.mul(channelMeans(tf.reshape(v(), [1, r, c])), r), [...shape]));
      const dx = scope(() => {
        const projection = scope(() => tf.mean(tf.mul(g, y), 1, true));
        const across = tf.sub(centre ? tf.sub(g, tf.mean(g, 1, true)) : g, tf.mul(y, projection));
        return tf.reshape(tf.mul(across, inverse), x!.shape);
      });
      return [
        dx,
        ...(weight === null ? [] : [total(() => tf.mul(upstream, y))]),
        ...(bias === null ? [] : [total(() => upstream)]),
      ];
    },
  );
}
