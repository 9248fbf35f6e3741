import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';

export interface RotaryOptions {
  /** Angles fall from 1 to 1 / base over the features. Default 10000. */
  readonly base?: number;
  /** Pairs are neighbours (2i, 2i + 1) as in RoFormer and GPT-J; otherwise (i, i + D/2) as in LLaMA. Default false. */
  readonly interleaved?: boolean;
  /** Positions of the L steps. Default 0 … L-1. */
  readonly positions?: ArrayLike<number>;
  /** Rotate only the first features. Default all. */
  readonly dim?: number;
}

/** cos and sin [L, dim / 2] of positions times base^(-2i / dim). */
export function rotaryTables(
  positions: ArrayLike<number>,
  dim: number,
  base = 10000,
): { cos: tf.Tensor2D; sin: tf.Tensor2D } {
  check(dim > 0 && dim % 2 === 0, `rotary embedding needs an even number of features, got ${dim}`);
  const half = dim / 2;
  const cos = new Float32Array(positions.length * half);
  const sin = new Float32Array(positions.length * half);
  for (let i = 0; i < cos.length; i++) {
    const angle = positions[Math.floor(i / half)]! * base ** ((-2 * (i % half)) / dim);
    cos[i] = Math.cos(angle);
    sin[i] = Math.sin(angle);
  }
  const shape: [number, number] = [positions.length, half];
  return { cos: tf.tensor2d(cos, shape), sin: tf.tensor2d(sin, shape) };
}

/**
 * Rotary position embedding (Su et al. 2021, arXiv:2104.09864) of x [..., L, D].
 *
 * @throws InvalidArgumentError when the number of rotated features is odd or larger than D, or positions are not L.
 */
export function rotaryEmbedding(x: tf.Tensor, options: RotaryOptions = {}): tf.Tensor {
  const [length, features] = [x.shape.at(-2)!, x.shape.at(-1)!];
  const { base = 10000, positions = Array.from({ length }, (_, i) => i), dim = features } = options;
  check(
    positions.length === length && dim <= features,
    () => `rotary embedding of [${x.shape.join(', ')}]: ${positions.length} positions, ${dim} features`,
  );
  return scope(() => {
    const { cos, sin } = rotaryTables(positions, dim, base);
    return applyRotary(x, cos, sin, { interleaved: options.interleaved ?? false });
  });
}

/**
 * Rotates the first 2 H features of x [..., L, D] with tables that broadcast to [..., L, H]; the rest stay.
 *
 * @throws InvalidArgumentError when the tables are wider than x.
 */
export function applyRotary(
  x: tf.Tensor,
  cos: tf.Tensor,
  sin: tf.Tensor,
  options: { interleaved?: boolean } = {},
): tf.Tensor {
  const half = cos.shape.at(-1)!;
  const features = x.shape.at(-1)!;
  check(2 * half <= features, () => `rotary tables for ${2 * half} features, the input has ${features}`);
  return scope(() => {
    const part = (from: number, to: number): tf.Tensor =>
      tf.slice(x, [...x.shape.slice(0, -1).map(() => 0), from], [...x.shape.slice(0, -1), to - from]);
    const rotated = part(0, 2 * half);
    const rotate = (a: tf.Tensor, b: tf.Tensor): [tf.Tensor, tf.Tensor] => [
      tf.sub(tf.mul(a, cos), tf.mul(b, sin)),
      tf.add(tf.mul(b, cos), tf.mul(a, sin)),
    ];
    let y: tf.Tensor;
    if (options.interleaved === true) {
      const [a, b] = tf.unstack(tf.reshape(rotated, [...x.shape.slice(0, -1), half, 2]), -1) as [tf.Tensor, tf.Tensor];
      y = tf.reshape(tf.stack(rotate(a, b), -1), rotated.shape);
    } else {
      y = tf.concat(rotate(part(0, half), part(half, 2 * half)), -1);
    }
    return 2 * half === features ? y : tf.concat([y, part(2 * half, features)], -1);
  });
}
