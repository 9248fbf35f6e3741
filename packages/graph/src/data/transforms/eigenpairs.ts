import { functional, Generator, InvalidArgumentError } from '@hourglass/core';

/** Eigenvalues, ascending, and an eigenvector of length 1 for each. */
export interface Eigenpairs {
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
}

export interface EigenOptions {
  /** Eigenvectors that are known, orthonormal; they are not found again. */
  readonly known: readonly Float64Array[];
  /** No eigenvalue is larger, and none is negative. */
  readonly largest: number;
  /** How far an eigenpair may be from one: ‖A v - λ v‖. */
  readonly tolerance: number;
  readonly solver: 'dense' | 'iterative';
}

type Apply = (x: Float64Array) => Float64Array;

/** The smallest eigenvalues, besides known ones, of a symmetric positive matrix of size n, given as what it makes of a vector. */
export function smallestEigenpairs(apply: Apply, n: number, count: number, options: EigenOptions): Eigenpairs {
  if (count === 0) return { values: new Float64Array(), vectors: [] };
  // a block of all vectors would span everything at once
  const isSmall = count + options.known.length + guard(count) >= n;
  return options.solver === 'dense' || isSmall ? dense(apply, n, count, options) : filtered(apply, n, count, options);
}

/** How many more vectors than wanted are iterated: the last ones converge slowly. */
const guard = (count: number): number => Math.max(8, Math.ceil(count / 2));

function dense(apply: Apply, n: number, count: number, { known, largest }: EigenOptions): Eigenpairs {
  const matrix = new Float64Array(n * n);
  for (let column = 0; column < n; column++) {
    const unit = new Float64Array(n);
    unit[column] = 1;
    const image = apply(unit);
    // known eigenvectors are moved to the upper end
    for (const vector of known) addTo(image, vector, 2 * largest * vector[column]!);
    for (let row = 0; row < n; row++) matrix[row * n + column] = image[row]!;
  }
  const { values, vectors } = functional.symmetricEigen(matrix, n);
  return {
    values: values.slice(0, count),
    vectors: Array.from({ length: count }, (_, i) =>
      Float64Array.from({ length: n }, (_, row) => vectors[row * n + i]!),
    ),
  };
}

/**
 * Subspace iteration: a polynomial of the matrix that is small on the unwanted part of the spectrum is applied to a block of vectors,
 * and the best combinations of them are taken (Chebyshev filter, Zhou and Saad 2006, doi:10.1016/j.jcp.2006.03.017). A block finds
 * eigenvalues of any multiplicity.
 */
function filtered(apply: Apply, n: number, count: number, { known, largest, tolerance }: EigenOptions): Eigenpairs {
  const generator = new Generator(0);
  const size = Math.min(count + guard(count), n - known.length);
  let block: Float64Array[] = Array.from({ length: size }, () =>
    Float64Array.from({ length: n }, () => generator.normal()),
  );
  let cut = largest / 2;
  let degree = 10;
  let worst = Infinity;
  for (let round = 0; round < 200; round++) {
    block = block.map((vector) => chebyshev(apply, vector, degree, cut, largest));
    orthonormalise(block, known, generator);
    const { values, vectors, images } = rayleighRitz(apply, block);
    worst = 0;
    for (let i = 0; i < count; i++) {
      const residual = images[i]!;
      addTo(residual, vectors[i]!, -values[i]!);
      worst = Math.max(worst, Math.sqrt(dot(residual, residual)));
    }
    if (worst <= tolerance) return { values: values.slice(0, count), vectors: vectors.slice(0, count) };
    block = vectors;
    // what is kept out lies above the block; the closer that is to what is wanted, the steeper the polynomial must be
    cut = Math.min(values[size - 1]!, largest * 0.999);
    degree = Math.min(500, Math.max(10, Math.ceil(4 / Math.sqrt(Math.max(cut - values[count - 1]!, 1e-7)))));
  }
  throw new InvalidArgumentError(
    `eigenvectors of a graph with ${n} nodes: after 200 rounds still ${worst.toExponential(1)} away, more than the ` +
      `tolerance ${tolerance}; the eigenvalues lie too close together. Ask for fewer, or allow a larger tolerance.`,
  );
}

/** The Chebyshev polynomial of the matrix that is at most 1 between cut and largest, scaled to keep its size below. */
function chebyshev(apply: Apply, x: Float64Array, degree: number, cut: number, largest: number): Float64Array {
  const [half, centre] = [(largest - cut) / 2, (largest + cut) / 2];
  // scaled by its value at 0, so that it neither overflows nor vanishes
  const first = half / -centre;
  let sigma = first;
  let former = x;
  let present = apply(x);
  for (let i = 0; i < present.length; i++) present[i] = ((present[i]! - centre * x[i]!) * sigma) / half;
  for (let step = 2; step <= degree; step++) {
    const next = 1 / (2 / first - sigma);
    const image = apply(present);
    for (let i = 0; i < image.length; i++) {
      image[i] = (2 * next * (image[i]! - centre * present[i]!)) / half - sigma * next * former[i]!;
    }
    [former, present, sigma] = [present, image, next];
  }
  return present;
}

/** Makes vectors orthonormal, and orthogonal to known ones, in place. */
function orthonormalise(block: Float64Array[], known: readonly Float64Array[], generator: Generator): void {
  for (let i = 0; i < block.length; i++) {
    const vector = block[i]!;
    for (let attempt = 0; ; attempt++) {
      const before = Math.sqrt(dot(vector, vector));
      // twice is enough (Parlett)
      for (let pass = 0; pass < 2; pass++) {
        for (const other of known) addTo(vector, other, -dot(vector, other));
        for (let j = 0; j < i; j++) addTo(vector, block[j]!, -dot(vector, block[j]!));
      }
      const length = Math.sqrt(dot(vector, vector));
      if (length > 1e-10 * before && length > 0) {
        for (let row = 0; row < vector.length; row++) vector[row]! /= length;
        break;
      }
      // it depended on the others
      if (attempt > 3) throw new InvalidArgumentError('eigenvectors: the block has lost its rank');
      for (let row = 0; row < vector.length; row++) vector[row] = generator.normal();
    }
  }
}

/** The best approximations of eigenpairs in the span of orthonormal vectors, and what the matrix makes of them. */
function rayleighRitz(
  apply: Apply,
  block: readonly Float64Array[],
): { values: Float64Array; vectors: Float64Array[]; images: Float64Array[] } {
  const size = block.length;
  const applied = block.map(apply);
  const small = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) small[i * size + j] = dot(block[i]!, applied[j]!);
  const { values, vectors } = functional.symmetricEigen(small, size);
  const combined = (of: readonly Float64Array[]): Float64Array[] =>
    Array.from({ length: size }, (_, column) => {
      const sum = new Float64Array(of[0]!.length);
      for (let i = 0; i < size; i++) addTo(sum, of[i]!, vectors[i * size + column]!);
      return sum;
    });
  return { values, vectors: combined(block), images: combined(applied) };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** a += factor b */
function addTo(a: Float64Array, b: Float64Array, factor: number): void {
  for (let i = 0; i < a.length; i++) a[i]! += factor * b[i]!;
}
