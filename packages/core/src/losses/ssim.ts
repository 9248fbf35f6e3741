import * as tf from '@tensorflow/tfjs-core';
import { check } from '../errors.js';
import { customOp } from '../gradients/custom-op.js';
import { scope } from '../memory.js';
import { checkReduction, checkSameShape, reduce, type ReductionOptions } from './reduction.js';

export interface SsimOptions extends ReductionOptions {
  /** Largest minus smallest possible value. Default 1. */
  readonly dataRange?: number;
  /** Odd side of the Gaussian window. Default 11. */
  readonly windowSize?: number;
  /** Default 1.5. */
  readonly sigma?: number;
  /** Constants of the two factors. Default 0.01 and 0.03. */
  readonly k1?: number;
  readonly k2?: number;
}

/** Exponents of the scales, finest first (Wang, Simoncelli and Bovik 2003). */
const scaleWeights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

/**
 * 1 - SSIM (Wang et al. 2004) with a Gaussian window that stays inside the picture, averaged over places and channels.
 * @param x,y float32 [N, H, W, C], H and W at least the window's side; differentiable in both.
 * @returns a scalar, or [N] with reduction 'none'.
 */
export function ssim(x: tf.Tensor, y: tf.Tensor, options: SsimOptions = {}): tf.Tensor {
  checkPictures('ssim', x, y, options, 1);
  return scope(() => reduce(tf.sub(1, tf.mean(similarity(x, y, options).ssim, -1)), options.reduction));
}

/**
 * 1 - MS-SSIM (Wang, Simoncelli and Bovik 2003): the contrast and structure of five scales and the luminance of the
 * coarsest, each to its power. Negative terms count as 0.
 * @param x,y float32 [N, H, W, C], H and W at least 16 times the window's side.
 * @param options `weights`: one exponent a scale; their number is the number of scales.
 */
export function msSsim(
  x: tf.Tensor,
  y: tf.Tensor,
  options: SsimOptions & { readonly weights?: readonly number[] } = {},
): tf.Tensor {
  const weights = options.weights ?? scaleWeights;
  checkPictures('msSsim', x, y, options, weights.length);
  return scope(() => {
    let [a, b] = [x, y];
    const factors = weights.map((weight, scale) => {
      if (scale > 0) [a, b] = [halve(a), halve(b)];
      const terms = similarity(a, b, options);
      const term = scale === weights.length - 1 ? terms.ssim : terms.contrast;
      return tf.pow(tf.relu(term), tf.scalar(weight));
    });
    const product = factors.reduce((p, factor) => tf.mul(p, factor));
    return reduce(tf.sub(1, tf.mean(product, -1)), options.reduction);
  });
}

/** Means over places of the SSIM and of its contrast and structure factor: [N, C] each. */
function similarity(x: tf.Tensor, y: tf.Tensor, options: SsimOptions): { ssim: tf.Tensor; contrast: tf.Tensor } {
  const { dataRange = 1, windowSize = 11, sigma = 1.5, k1 = 0.01, k2 = 0.03 } = options;
  const [c1, c2] = [(k1 * dataRange) ** 2, (k2 * dataRange) ** 2];
  const weights = gaussian(windowSize, sigma);
  const mean = (image: tf.Tensor): tf.Tensor => blur(image, weights);
  const [mx, my] = [mean(x), mean(y)];
  const [mxx, myy, mxy] = [tf.square(mx), tf.square(my), tf.mul(mx, my)];
  const variances = tf.sub(mean(tf.add(tf.square(x), tf.square(y))), tf.add(mxx, myy));
  const covariance = tf.sub(mean(tf.mul(x, y)), mxy);
  const contrast = tf.div(tf.add(tf.mul(covariance, 2), c2), tf.add(variances, c2));
  const luminance = tf.div(tf.add(tf.mul(mxy, 2), c1), tf.add(tf.add(mxx, myy), c1));
  return { ssim: tf.mean(tf.mul(luminance, contrast), [1, 2]), contrast: tf.mean(contrast, [1, 2]) };
}

/** Separable blur of each channel without padding. The window is symmetric, so that its adjoint is the padded blur. */
function blur(image: tf.Tensor, weights: Float32Array): tf.Tensor {
  const channels = image.shape[3]!;
  const reach = weights.length - 1;
  return customOp(
    [image],
    (x) => ({ value: scope(() => convolve(x!, weights, channels)) }),
    (dy) =>
      scope(() =>
        convolve(
          tf.pad(dy, [
            [0, 0],
            [reach, reach],
            [reach, reach],
            [0, 0],
          ]),
          weights,
          channels,
        ),
      ),
  );
}

function convolve(x: tf.Tensor, weights: Float32Array, channels: number): tf.Tensor {
  const k = weights.length;
  const values = new Float32Array(k * channels).map((_, i) => weights[Math.floor(i / channels)]!);
  const filter = (h: number, w: number): tf.Tensor4D => tf.tensor4d(values, [h, w, channels, 1]);
  const rows = tf.depthwiseConv2d(x as tf.Tensor4D, filter(k, 1), 1, 'valid');
  return tf.depthwiseConv2d(rows, filter(1, k), 1, 'valid');
}

function gaussian(size: number, sigma: number): Float32Array {
  const weights = Float64Array.from({ length: size }, (_, i) =>
    Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  return Float32Array.from(weights, (w) => w / sum);
}

/** Average of 2 × 2 pixels; an odd last row or column is dropped. */
function halve(x: tf.Tensor): tf.Tensor {
  return tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid');
}

function checkPictures(name: string, x: tf.Tensor, y: tf.Tensor, options: SsimOptions, scales: number): void {
  const { windowSize = 11, dataRange = 1 } = options;
  checkReduction(options.reduction ?? 'mean');
  checkSameShape(name, x, y);
  check(x.rank === 4, () => `${name}: pictures need shape [N, H, W, C], got [${x.shape.join(', ')}]`);
  check(windowSize % 2 === 1 && windowSize > 0, `${name}: windowSize must be odd, got ${windowSize}`);
  check(dataRange > 0, `${name}: dataRange must be positive, got ${dataRange}`);
  const least = windowSize * 2 ** (scales - 1);
  const smallest = Math.min(x.shape[1]!, x.shape[2]!);
  check(
    Math.floor(smallest / 2 ** (scales - 1)) >= windowSize,
    `${name}: pictures must be at least ${least} pixels wide and high, got ${smallest}`,
  );
}
