import type * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '../../errors.js';
import { scope } from '../../memory.js';
import { permute, product } from '../axes/permute.js';

/**
 * Depth to space: [..., height, width, channels * r * r] to [..., height * r, width * r, channels]. A channel's r * r
 * values lie together, as in torch (and unlike tf.depthToSpace). Shi et al. 2016.
 */
export function pixelShuffle(x: tf.Tensor, r: number): tf.Tensor {
  checkFactor('pixelShuffle', x, r);
  const [height, width, depth] = x.shape.slice(-3) as [number, number, number];
  check(depth % (r * r) === 0, () => `pixelShuffle: ${depth} channels cannot be divided by ${r} * ${r}`);
  const outer = x.shape.slice(0, -3);
  const channels = depth / (r * r);
  return scope(() =>
    permute(
      x,
      [product(outer), height, width, channels, r, r],
      [0, 1, 4, 2, 5, 3],
      [...outer, height * r, width * r, channels],
    ),
  );
}

/** The inverse of {@link pixelShuffle}: [..., height, width, channels] to [..., height / r, width / r, channels * r * r]. */
export function pixelUnshuffle(x: tf.Tensor, r: number): tf.Tensor {
  checkFactor('pixelUnshuffle', x, r);
  const [height, width, channels] = x.shape.slice(-3) as [number, number, number];
  check(height % r === 0 && width % r === 0, () => `pixelUnshuffle: ${height} x ${width} cannot be divided by ${r}`);
  const outer = x.shape.slice(0, -3);
  return scope(() =>
    permute(
      x,
      [product(outer), height / r, r, width / r, r, channels],
      [0, 1, 3, 5, 2, 4],
      [...outer, height / r, width / r, channels * r * r],
    ),
  );
}

function checkFactor(name: string, x: tf.Tensor, r: number): void {
  check(x.rank >= 3, () => `${name} takes [..., height, width, channels], got [${x.shape.join(', ')}]`);
  checkCount(`${name}: the factor`, r);
}

/** Exchanges the channels of [..., channels] between groups: channel g * n + i becomes i * groups + g. Zhang et al. 2018, ShuffleNet. */
export function channelShuffle(x: tf.Tensor, groups: number): tf.Tensor {
  const channels = x.shape.at(-1) ?? 0;
  check(
    Number.isInteger(groups) && groups > 0 && channels % groups === 0,
    () => `channelShuffle: ${channels} channels cannot be cut into ${groups} groups`,
  );
  const outer = product(x.shape.slice(0, -1));
  return scope(() => permute(x, [outer, groups, channels / groups], [0, 2, 1], x.shape));
}
