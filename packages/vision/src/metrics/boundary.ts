import { check, checkCount } from '@hourglass/core';
import type { LabelMask } from '../data/image.js';

/** 1 for the pixels of each class that lie within `distance` pixels of another class or of the picture's border. */
function band({ width, height, data }: LabelMask, distance: number): Uint8Array {
  // How far the nearest edge is, in chessboard steps, by a pass forward and one back.
  const far = width + height;
  const steps = new Int32Array(width * height).fill(far);
  const relax = (at: number, x: number, y: number, dx: number, dy: number): void => {
    const [nx, ny] = [x + dx, y + dy];
    if (nx < 0 || ny < 0 || nx >= width || ny >= height) steps[at] = 1;
    else if (data[ny * width + nx] !== data[at]) steps[at] = 1;
    else steps[at] = Math.min(steps[at]!, steps[ny * width + nx]! + 1);
  };
  const before = [
    [-1, 0],
    [-1, -1],
    [0, -1],
    [1, -1],
  ] as const;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) for (const [dx, dy] of before) relax(at, x, y, dx, dy);
  }
  for (let y = height - 1, at = width * height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--, at--) for (const [dx, dy] of before) relax(at, x, y, -dx, -dy);
  }
  return Uint8Array.from(steps, (step) => (step <= distance ? 1 : 0));
}

export interface BoundaryIouOptions {
  readonly classes: number;
  /** Width of the band in pixels. Default 2 % of the picture's diagonal, as in the paper. */
  readonly distance?: number;
  readonly ignoreIndex?: number;
}

/**
 * Boundary IoU (Cheng et al., "Boundary IoU: Improving Object-Centric Image Segmentation Evaluation", CVPR 2021): the overlap of the
 * bands within which truth and prediction lie close to their own contours. Large objects with sloppy edges score low here, where the
 * plain IoU hardly sees it. Counts add up over pictures.
 */
export class BoundaryIou {
  readonly #options: BoundaryIouOptions;
  readonly #both: Float64Array;
  readonly #either: Float64Array;

  constructor(options: BoundaryIouOptions) {
    checkCount('classes', options.classes);
    this.#options = options;
    this.#both = new Float64Array(options.classes);
    this.#either = new Float64Array(options.classes);
  }

  /** Adds one picture. */
  update(prediction: LabelMask, truth: LabelMask): void {
    const { width, height } = truth;
    check(
      prediction.width === width && prediction.height === height,
      `the prediction is ${prediction.width} × ${prediction.height}, the truth ${width} × ${height}`,
    );
    const distance = this.#options.distance ?? Math.max(1, Math.round(0.02 * Math.hypot(width, height)));
    const [near, nearTruth] = [band(prediction, distance), band(truth, distance)];
    for (let i = 0; i < truth.data.length; i++) {
      const [a, b] = [prediction.data[i]!, truth.data[i]!];
      if (b === this.#options.ignoreIndex) continue;
      const [hasA, hasB] = [near[i] === 1, nearTruth[i] === 1];
      if (hasA && a < this.#either.length) this.#either[a]!++;
      if (hasB && b < this.#either.length && !(hasA && a === b)) this.#either[b]!++;
      if (hasA && hasB && a === b) this.#both[a]!++;
    }
  }

  /** The score of each class (NaN for one that never occurred), and their mean over those that did. */
  compute(): { readonly classes: readonly number[]; readonly mean: number } {
    const classes = Array.from(this.#both, (count, c) => count / this.#either[c]!);
    const known = classes.filter((value) => !Number.isNaN(value));
    return { classes, mean: known.reduce((a, b) => a + b, 0) / known.length };
  }
}
