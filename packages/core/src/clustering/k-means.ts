import { check } from '../errors.js';
import { defaultGenerator, type Generator } from '../random/index.js';

export interface KMeansOptions {
  /** Runs from different starts, of which the best counts. Default 5. */
  readonly restarts?: number;
  /** Most steps of a run. Default 100. */
  readonly maxSteps?: number;
  /** Default: the default generator. */
  readonly generator?: Generator;
}

export interface KMeansResult {
  /** [points]: number of the nearest centre. */
  readonly labels: Int32Array;
  /** [clusters, width], row by row. */
  readonly centres: Float64Array;
  /** Sum of the squared distances from each point to its centre. */
  readonly inertia: number;
}

/**
 * k-means by Lloyd's method, begun with distant points (k-means++, Arthur and Vassilvitskii 2007).
 *
 * @param points [points, width], row by row
 * @throws InvalidArgumentError for fewer points than clusters, or points that are not finite
 */
export function kMeans(
  points: ArrayLike<number>,
  width: number,
  clusters: number,
  options: KMeansOptions = {},
): KMeansResult {
  const { restarts = 5, maxSteps = 100, generator = defaultGenerator() } = options;
  const count = points.length / width;
  check(Number.isInteger(count), () => `kMeans: ${points.length} numbers are no rows of ${width}`);
  check(
    Number.isInteger(clusters) && clusters > 0 && clusters <= count,
    () => `kMeans: ${count} points cannot make ${clusters} clusters`,
  );
  for (let i = 0; i < points.length; i++)
    check(Number.isFinite(points[i]), () => `kMeans: number ${i} is ${points[i]}`);
  let best: KMeansResult | null = null;
  for (let restart = 0; restart < restarts; restart++) {
    const run = lloyd(points, width, distantPoints(points, width, clusters, generator), maxSteps);
    if (best === null || run.inertia < best.inertia) best = run;
  }
  return best!;
}

/** Each next centre is a point drawn by its squared distance from those before. */
function distantPoints(points: ArrayLike<number>, width: number, clusters: number, generator: Generator): Float64Array {
  const count = points.length / width;
  const centres = new Float64Array(clusters * width);
  const distance = new Float64Array(count).fill(Infinity);
  let chosen = generator.integer(0, count);
  for (let k = 0; k < clusters; k++) {
    for (let j = 0; j < width; j++) centres[k * width + j] = points[chosen * width + j]!;
    let total = 0;
    for (let i = 0; i < count; i++) {
      distance[i] = Math.min(distance[i]!, squared(points, i, centres, k, width));
      total += distance[i]!;
    }
    let rest = generator.uniform(0, total);
    chosen = 0;
    while (chosen < count - 1 && (rest -= distance[chosen]!) >= 0) chosen++;
  }
  return centres;
}

function lloyd(points: ArrayLike<number>, width: number, centres: Float64Array, maxSteps: number): KMeansResult {
  const count = points.length / width;
  const clusters = centres.length / width;
  const labels = new Int32Array(count).fill(-1);
  let inertia = 0;
  for (let step = 0; step < maxSteps; step++) {
    let changed = false;
    inertia = 0;
    for (let i = 0; i < count; i++) {
      let [nearest, least] = [0, Infinity];
      for (let k = 0; k < clusters; k++) {
        const distance = squared(points, i, centres, k, width);
        if (distance < least) [nearest, least] = [k, distance];
      }
      changed ||= labels[i] !== nearest;
      labels[i] = nearest;
      inertia += least;
    }
    if (!changed) break;
    const sums = new Float64Array(centres.length);
    const sizes = new Float64Array(clusters);
    for (let i = 0; i < count; i++) {
      sizes[labels[i]!]!++;
      for (let j = 0; j < width; j++) sums[labels[i]! * width + j]! += points[i * width + j]!;
    }
    // a centre without points stays where it is
    for (let c = 0; c < centres.length; c++) {
      const size = sizes[Math.floor(c / width)]!;
      if (size > 0) centres[c] = sums[c]! / size;
    }
  }
  return { labels, centres, inertia };
}

function squared(points: ArrayLike<number>, i: number, centres: Float64Array, k: number, width: number): number {
  let sum = 0;
  for (let j = 0; j < width; j++) sum += (points[i * width + j]! - centres[k * width + j]!) ** 2;
  return sum;
}
