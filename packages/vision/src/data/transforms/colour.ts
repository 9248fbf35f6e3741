import * as tf from '@tensorflow/tfjs-core';
import { check, scope } from '@hourglass/core';
import { checkFactor, checkPictures } from './pictures.js';

// The pictures of this file are float32 [N, H, W, 1 or 3] with values 0 … 1, as torchvision's are.

const either = [1, 3];

/** Subtracts the mean of each channel and divides by its deviation. */
export function normalize(x: tf.Tensor4D, mean: readonly number[], std: readonly number[]): tf.Tensor4D {
  checkPictures(x);
  const channels = x.shape[3];
  for (const [name, values] of [['mean', mean] as const, ['std', std] as const]) {
    check(
      values.length === channels || values.length === 1,
      `${name} must have one value or ${channels}, got ${values.length}`,
    );
  }
  check(
    std.every((value) => value !== 0),
    'std must not be zero',
  );
  return scope(() => tf.div(tf.sub(x, tf.tensor1d([...mean])), tf.tensor1d([...std])));
}

/** The luma of the pictures (ITU-R 601), in one channel or three equal ones. */
export function rgbToGrayscale(x: tf.Tensor4D, channels: 1 | 3 = 1): tf.Tensor4D {
  checkPictures(x, either);
  check(channels === 1 || channels === 3, `grey pictures have 1 or 3 channels, not ${String(channels)}`);
  return scope(() => {
    const grey = x.shape[3] === 1 ? tf.clone(x) : luma(x);
    return channels === 1 ? grey : tf.tile(grey, [1, 1, 1, 3]);
  });
}

function luma(x: tf.Tensor4D): tf.Tensor4D {
  return tf.sum(tf.mul(x, tf.tensor1d([0.2989, 0.587, 0.114])), 3, true);
}

/** factor · a + (1 - factor) · b, within 0 … 1 */
function blend(a: tf.Tensor4D, b: tf.Tensor, factor: number): tf.Tensor4D {
  return tf.clipByValue(tf.add(tf.mul(a, factor), tf.mul(b, 1 - factor)), 0, 1);
}

/** Multiplies the pictures; 0 is black, 1 leaves them. */
export function adjustBrightness(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  checkPictures(x, either);
  checkFactor('the brightness factor', factor);
  return scope(() => tf.clipByValue(tf.mul(x, factor), 0, 1));
}

/** Away from (or towards) each picture's mean grey. */
export function adjustContrast(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  checkPictures(x, either);
  checkFactor('the contrast factor', factor);
  return scope(() => blend(x, tf.mean(x.shape[3] === 1 ? x : luma(x), [1, 2, 3], true), factor));
}

/** Away from (or towards) each pixel's grey; grey pictures stay. */
export function adjustSaturation(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  checkPictures(x, either);
  checkFactor('the saturation factor', factor);
  return x.shape[3] === 1 ? tf.clone(x) : scope(() => blend(x, luma(x), factor));
}

/** Turns the hue in the HSV cone by a part of the circle, -0.5 … 0.5; grey pictures stay. */
export function adjustHue(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  checkPictures(x, either);
  check(factor >= -0.5 && factor <= 0.5, `the hue factor must be between -0.5 and 0.5, got ${factor}`);
  if (x.shape[3] === 1) return tf.clone(x);
  return scope(() => {
    const value = tf.max(x, 3, true);
    const range = tf.sub(value, tf.min(x, 3, true));
    const grey = tf.equal(range, 0);
    const one = tf.onesLike(range);
    const saturation = tf.div(range, tf.where(grey, one, value));
    const [red, green, blue] = tf.split(tf.div(tf.sub(value, x), tf.where(grey, one, range)), 3, 3) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    // the channel that is largest has distance 0
    const sector = tf.where(
      tf.equal(red, 0),
      tf.sub(blue, green),
      tf.where(tf.equal(green, 0), tf.add(tf.sub(red, blue), 2), tf.add(tf.sub(green, red), 4)),
    );
    const turned = tf.add(sector, 6 + 6 * factor);
    const channels = [5, 3, 1].map((offset) => {
      const k = tf.mod(tf.add(turned, offset), 6);
      const fall = tf.clipByValue(tf.minimum(k, tf.sub(4, k)), 0, 1);
      const faded = tf.clipByValue(tf.sub(value, tf.mul(tf.mul(value, saturation), fall)), 0, 1);
      return tf.where(tf.greater(fall, 0), faded, value);
    });
    return tf.concat(channels, 3) as tf.Tensor4D;
  });
}

/** gain · x^gamma; within 0 … 1 where there is a gain. */
export function adjustGamma(x: tf.Tensor4D, gamma: number, gain = 1): tf.Tensor4D {
  checkPictures(x);
  checkFactor('gamma', gamma);
  return scope(() => {
    const y = tf.pow(x, gamma) as tf.Tensor4D;
    return gain === 1 ? y : tf.clipByValue(tf.mul(y, gain), 0, 1);
  });
}

/** 1 - x */
export function invert(x: tf.Tensor4D): tf.Tensor4D {
  checkPictures(x);
  return scope(() => tf.sub(1, x));
}

/** Inverts the values that are not below the threshold. */
export function solarize(x: tf.Tensor4D, threshold: number): tf.Tensor4D {
  checkPictures(x);
  check(threshold <= 1, `the threshold must be at most 1, got ${threshold}`);
  return scope(() => tf.where(tf.greaterEqual(x, threshold), tf.sub(1, x), x));
}

/** Keeps 2^bits levels. */
export function posterize(x: tf.Tensor4D, bits: number): tf.Tensor4D {
  checkPictures(x);
  check(Number.isInteger(bits) && bits >= 0 && bits <= 8, `bits must be an integer from 0 to 8, got ${bits}`);
  const levels = 2 ** bits;
  return scope(() => tf.div(tf.clipByValue(tf.floor(tf.mul(x, levels)), 0, levels - 1), levels));
}

/** Stretches each channel of each picture to 0 … 1; a channel of one value stays. */
export function autocontrast(x: tf.Tensor4D): tf.Tensor4D {
  checkPictures(x, either);
  return scope(() => {
    const low = tf.min(x, [1, 2], true);
    const range = tf.sub(tf.max(x, [1, 2], true), low);
    const flat = tf.equal(range, 0);
    const from = tf.where(flat, tf.zerosLike(low), low);
    return tf.clipByValue(tf.div(tf.sub(x, from), tf.where(flat, tf.onesLike(range), range)), 0, 1);
  });
}
