import type * as tf from '@tensorflow/tfjs-core';
import { check } from '@hourglass/core';

/** Throws unless this is a float32 batch of pictures [N, H, W, C], with one of the given numbers of channels. */
export function checkPictures(x: tf.Tensor, channels?: readonly number[]): void {
  check(
    x.rank === 4 && x.dtype === 'float32',
    () => `pictures must be a float32 tensor [N, H, W, C], got ${x.dtype} [${x.shape.join(', ')}]`,
  );
  check(
    channels === undefined || channels.includes(x.shape[3]!),
    () => `pictures must have ${channels!.join(' or ')} channels, got ${x.shape[3]}`,
  );
}

/** Throws unless `value` is a number of at least 0. */
export function checkFactor(name: string, value: number): void {
  check(Number.isFinite(value) && value >= 0, `${name} must be a number of at least 0, got ${value}`);
}
