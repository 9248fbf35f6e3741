import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { takeRows } from '../axes/slices.js';

type Pair = number | readonly [number, number];

export interface DeformConv2dOptions {
  /** All per axis (height, width); one number for both. */
  readonly stride?: Pair;
  readonly padding?: Pair;
  readonly dilation?: Pair;
  /** Multiplies each sample: float32 [N, outH, outW, G kh kw] (deformable convolution version 2). */
  readonly mask?: tf.Tensor;
}

/**
 * Deformable convolution (Dai et al. 2017; with `mask` Zhu et al. 2019), as torchvision's `deform_conv2d`: each kernel tap samples
 * the input bilinearly at its place plus a learnt offset; outside the input lie zeros.
 *
 * @param x float32 [N, H, W, C].
 * @param offset float32 [N, outH, outW, G kh kw 2], (dy, dx) innermost. G offset groups share the channels out evenly; G follows
 *   from the shape.
 * @param weight float32 [kh, kw, C / groups, out]; the number of groups follows from the shape.
 * @param bias float32 [out] or null.
 * @returns float32 [N, outH, outW, out], differentiable in everything.
 */
export function deformConv2d(
  x: tf.Tensor,
  offset: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null = null,
  options: DeformConv2dOptions = {},
): tf.Tensor {
  const show = (tensor: tf.Tensor): string => `[${tensor.shape.join(', ')}]`;
  check(x.rank === 4, () => `deformConv2d: the input needs shape [N, H, W, C], got ${show(x)}`);
  check(weight.rank === 4, () => `deformConv2d: the weight needs shape [kh, kw, C / groups, out], got ${show(weight)}`);
  const [N, H, W, C] = x.shape as [number, number, number, number];
  const [kh, kw, perGroup, out] = weight.shape as [number, number, number, number];
  const [sh, sw] = pair(options.stride ?? 1);
  const [ph, pw] = pair(options.padding ?? 0);
  const [dh, dw] = pair(options.dilation ?? 1);
  const outH = Math.floor((H + 2 * ph - dh * (kh - 1) - 1) / sh) + 1;
  const outW = Math.floor((W + 2 * pw - dw * (kw - 1) - 1) / sw) + 1;
  const taps = kh * kw;
  const fields = (offset.shape[3] ?? 0) / (2 * taps);
  const groups = C / perGroup;
  check(
    Number.isInteger(groups) && out % groups === 0,
    () => `deformConv2d: a weight of shape ${show(weight)} does not fit ${C} channels`,
  );
  check(
    offset.shape.slice(0, 3).join() === `${N},${outH},${outW}` && fields >= 1 && C % fields === 0,
    () =>
      `deformConv2d: offset needs shape [${N}, ${outH}, ${outW}, ${2 * taps} G] with G dividing ${C}, got ${show(offset)}`,
  );
  const { mask } = options;
  check(
    mask === undefined || mask.shape.join() === `${N},${outH},${outW},${taps * fields}`,
    () => `deformConv2d: mask needs shape [${N}, ${outH}, ${outW}, ${taps * fields}], got ${show(mask!)}`,
  );
  return scope(() => {
    // taps before fields, so that a row of samples lies like a row of the weight; [N, outH, outW, taps, fields]
    const byTap = (values: tf.Tensor): tf.Tensor =>
      tf.transpose(tf.reshape(values, [N, outH, outW, fields, taps]), [0, 1, 2, 4, 3]);
    const [dy, dx] = tf.unstack(tf.reshape(offset, [N, outH, outW, fields * taps, 2]), -1) as [tf.Tensor, tf.Tensor];
    const y = tf.add(
      byTap(dy),
      places(outH, outW, kh, kw, (oy, _, i) => oy * sh - ph + i * dh),
    );
    const xs = tf.add(
      byTap(dx),
      places(outH, outW, kh, kw, (_, ox, __, j) => ox * sw - pw + j * dw),
    );
    let samples = bilinear(x, y, xs, fields);
    if (mask !== undefined) samples = tf.mul(samples, tf.expandDims(byTap(mask), -1));

    const rows = tf.reshape(samples, [N * outH * outW, taps, groups, perGroup]);
    const parts = Array.from({ length: groups }, (_, g) =>
      tf.matMul(
        tf.reshape(tf.slice(rows, [0, 0, g, 0], [-1, -1, 1, -1]), [N * outH * outW, taps * perGroup]),
        tf.reshape(tf.slice(weight, [0, 0, 0, (g * out) / groups], [-1, -1, -1, out / groups]), [taps * perGroup, -1]),
      ),
    );
    const result = tf.reshape(groups === 1 ? parts[0]! : tf.concat(parts, -1), [N, outH, outW, out]);
    return bias === null ? result : tf.add(result, bias);
  });
}

/** Samples x at (y, x) of shape [N, outH, outW, taps, fields], each field its share of the channels: [..., taps, fields, C / fields]. */
function bilinear(x: tf.Tensor, y: tf.Tensor, xs: tf.Tensor, fields: number): tf.Tensor {
  const [N, H, W, C] = x.shape as [number, number, number, number];
  const channels = C / fields;
  const rows = tf.reshape(x, [N * H * W * fields, channels]);
  const [top, left] = [tf.floor(y), tf.floor(xs)];
  const [below, right] = [tf.sub(y, top), tf.sub(xs, left)];
  const corner = (cy: tf.Tensor, cx: tf.Tensor, share: tf.Tensor): tf.Tensor => {
    const inside = tf.cast(tf.logicalAnd(within(cy, H), within(cx, W)), 'float32');
    const pixels = (y0: tf.Tensor, x0: tf.Tensor): tf.Tensor => {
      const row = tf.cast(tf.clipByValue(y0, 0, H - 1), 'int32');
      const column = tf.cast(tf.clipByValue(x0, 0, W - 1), 'int32');
      const image = tf.reshape(tf.range(0, N * H * W, H * W, 'int32'), [N, 1, 1, 1, 1]);
      const pixel = tf.add(tf.add(tf.mul(row, tf.scalar(W, 'int32')), column), image);
      const index = tf.add(tf.mul(pixel, tf.scalar(fields, 'int32')), tf.range(0, fields, 1, 'int32'));
      return tf.reshape(index, [-1]);
    };
    const picked = tf.reshape(takeRows(rows, pixels, [cy, cx]), [...share.shape, channels]);
    return tf.mul(picked, tf.expandDims(tf.mul(share, inside), -1));
  };
  const [next, beside] = [tf.add(top, 1), tf.add(left, 1)];
  const [above, before] = [tf.sub(1, below), tf.sub(1, right)];
  return tf.addN([
    corner(top, left, tf.mul(above, before)),
    corner(top, beside, tf.mul(above, right)),
    corner(next, left, tf.mul(below, before)),
    corner(next, beside, tf.mul(below, right)),
  ]);
}

function within(at: tf.Tensor, size: number): tf.Tensor {
  return tf.logicalAnd(tf.greaterEqual(at, 0), tf.lessEqual(at, size - 1));
}

/** Where the taps lie without offsets: [1, outH, outW, kh kw, 1]. */
function places(
  outH: number,
  outW: number,
  kh: number,
  kw: number,
  at: (oy: number, ox: number, i: number, j: number) => number,
): tf.Tensor {
  const values = new Float32Array(outH * outW * kh * kw);
  let n = 0;
  for (let oy = 0; oy < outH; oy++)
    for (let ox = 0; ox < outW; ox++)
      for (let i = 0; i < kh; i++) for (let j = 0; j < kw; j++) values[n++] = at(oy, ox, i, j);
  return tf.tensor(values, [1, outH, outW, kh * kw, 1], 'float32');
}

function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}
