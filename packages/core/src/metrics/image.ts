import { check } from '../errors.js';
import { AveragedMetric } from './mean.js';
import { checkSameSize, numbersOf, shapeOf, type MetricValues } from './values.js';

export interface PSNROptions {
  /** Largest possible value, default 1. */
  readonly dataRange?: number;
}

/** Peak signal-to-noise ratio in decibels, averaged over the images; infinite for equal ones. skimage's peak_signal_noise_ratio. */
export class PSNR extends AveragedMetric {
  readonly #range: number;

  constructor({ dataRange = 1 }: PSNROptions = {}) {
    super();
    this.#range = dataRange;
  }

  /** Images [N, ...] of the same shape. Plain arrays count as one image. */
  update(predictions: MetricValues, targets: MetricValues): void {
    const [p, t] = [numbersOf(predictions), numbersOf(targets)];
    checkSameSize('PSNR', p, t);
    const shape = shapeOf(targets);
    const images = shape.length > 1 ? shape[0]! : 1;
    const size = p.length / images;
    for (let image = 0; image < images; image++) {
      let sum = 0;
      for (let i = image * size; i < (image + 1) * size; i++) sum += (p[i]! - t[i]!) ** 2;
      this.mean.update(10 * Math.log10((this.#range ** 2 * size) / sum));
    }
  }
}

export interface SSIMOptions extends PSNROptions {
  /** Side of the window, odd; default 11. */
  readonly windowSize?: number;
  /** Standard deviation of the Gaussian window, default 1.5; null weighs all of the window alike. */
  readonly sigma?: number | null;
  readonly k1?: number;
  readonly k2?: number;
}

/**
 * Structural similarity (Wang et al. 2004), averaged over the windows that lie within the picture, the channels and the images.
 * With the defaults, the figure of the paper; k1 = 0.01, k2 = 0.03.
 */
export class SSIM extends AveragedMetric {
  readonly #constants: readonly [number, number];
  readonly #window: Float64Array;

  constructor({ dataRange = 1, windowSize = 11, sigma = 1.5, k1 = 0.01, k2 = 0.03 }: SSIMOptions = {}) {
    super();
    check(Number.isInteger(windowSize) && windowSize % 2 === 1, `windowSize is ${windowSize}; it must be odd`);
    this.#constants = [(k1 * dataRange) ** 2, (k2 * dataRange) ** 2];
    const weights = Float64Array.from({ length: windowSize }, (_, i) =>
      sigma === null ? 1 : Math.exp(-((i - (windowSize - 1) / 2) ** 2) / (2 * sigma ** 2)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#window = weights.map((weight) => weight / total);
  }

  /**
   * Images [N, H, W, C] of the same shape.
   * @param shape theirs, where they are plain arrays.
   */
  update(predictions: MetricValues, targets: MetricValues, shape?: readonly number[]): void {
    const [p, t] = [numbersOf(predictions), numbersOf(targets)];
    checkSameSize('SSIM', p, t);
    const dims = shapeOf(targets, shape);
    check(dims.length === 4, `SSIM wants images [N, H, W, C], got [${dims.join(', ')}]`);
    const [count, height, width, channels] = dims as [number, number, number, number];
    const side = this.#window.length;
    check(
      height >= side && width >= side,
      `SSIM: pictures of ${height} by ${width} are smaller than the window of ${side} by ${side}`,
    );
    const size = height * width;
    for (let image = 0; image < count; image++) {
      let similarity = 0;
      for (let channel = 0; channel < channels; channel++) {
        const plane = (of: ArrayLike<number>): Float64Array =>
          Float64Array.from({ length: size }, (_, i) => of[(image * size + i) * channels + channel]!);
        similarity += this.#similarity(plane(p), plane(t), width);
      }
      this.mean.update(similarity / channels);
    }
  }

  #similarity(x: Float64Array, y: Float64Array, width: number): number {
    const blurred = (plane: Float64Array): Float64Array => blur(plane, width, this.#window);
    const [c1, c2] = this.#constants;
    const [meanX, meanY] = [blurred(x), blurred(y)];
    const [xx, yy] = [blurred(x.map((v) => v * v)), blurred(y.map((v) => v * v))];
    const xy = blurred(x.map((v, i) => v * y[i]!));
    let sum = 0;
    for (let i = 0; i < meanX.length; i++) {
      const [mx, my] = [meanX[i]!, meanY[i]!];
      const [varianceX, varianceY, covariance] = [xx[i]! - mx * mx, yy[i]! - my * my, xy[i]! - mx * my];
      sum += ((2 * mx * my + c1) * (2 * covariance + c2)) / ((mx * mx + my * my + c1) * (varianceX + varianceY + c2));
    }
    return sum / meanX.length;
  }
}

/** Weighted means over all windows that lie within the plane. */
function blur(plane: Float64Array, width: number, window: Float64Array): Float64Array {
  const side = window.length;
  const [height, outWidth] = [plane.length / width, width - side + 1];
  const rows = new Float64Array(height * outWidth);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      let sum = 0;
      for (let k = 0; k < side; k++) sum += window[k]! * plane[y * width + x + k]!;
      rows[y * outWidth + x] = sum;
    }
  }
  const result = new Float64Array((height - side + 1) * outWidth);
  for (let i = 0; i < result.length; i++) {
    let sum = 0;
    for (let k = 0; k < side; k++) sum += window[k]! * rows[i + k * outWidth]!;
    result[i] = sum;
  }
  return result;
}
