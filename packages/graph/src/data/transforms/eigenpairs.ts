import { functional, Generator, InvalidArgumentError } from '@hourglass/core';

/** Eigenvalues, ascending, and an eigenvector of length 1 for each. */
export interface Eigenpairs {
  readonly values: Float64Array;
  readonly vectors: readonly Float64Array[];
}

export interface EigenOptions {
  /** Eigenvectors that are known, orthonormal; they are not found again. */
  readonly known: readonly Float64Array[];
  /** Eigenvalues above it are not looked for. */
  readonly largest: number;
  /** How far an eigenpair may be from one: ‖A v - λ v‖. */
  readonly tolerance: number;
  readonly solver: 'dense' | 'iterative';
}

type Apply = (x: Float64Array) => Float64Array;

/** The smallest eigenvalues, besides known ones, of a symmetric positive matrix of size n, given as what it makes of a vector. */
export function smallestEigenpairs(apply: Apply, n: number, count: number, options: EigenOptions): Eigenpairs {
  if (count === 0) return { values: new Float64Array(), vectors: [] };
  // a basis of nearly all vectors spans everything at once
  const isSmall = basisSize(count) + options.known.length + 2 >= n;
  return options.solver === 'dense' || isSmall ? dense(apply, n, count, options) : iterative(apply, n, count, options);
}

/** How many vectors the iteration keeps. */
const basisSize = (count: number): number => Math.max(2 * count + 10, 30);

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

/** A Krylov space finds one vector of each eigenvalue, so it is asked again, beside what was found, until nothing smaller comes. */
function iterative(apply: Apply, n: number, count: number, options: EigenOptions): Eigenpairs {
  const generator = new Generator(0);
  const first = lanczos(apply, n, count, options, generator);
  const pairs = Array.from(first.values, (value, i) => ({ value, vector: first.vectors[i]! }));
  const room = n - options.known.length;
  while (pairs.length < room) {
    const known = [...options.known, ...pairs.map(({ vector }) => vector)];
    pairs.sort((a, b) => a.value - b.value);
    const largest = pairs[count - 1]!.value - options.tolerance;
    const { values, vectors } = lanczos(apply, n, 1, { ...options, known, largest }, generator);
    if (values[0]! >= largest) break;
    pairs.push({ value: values[0]!, vector: vectors[0]! });
  }
  pairs.sort((a, b) => a.value - b.value).splice(count);
  return { values: Float64Array.from(pairs, ({ value }) => value), vectors: pairs.map(({ vector }) => vector) };
}

/**
 * Lanczos iteration with thick restarts (Wu and Simon 2000, doi:10.1137/S0895479898334605): a basis grows by what the matrix makes of its
 * last vector; when it is full, the best combinations of its vectors are kept.
 */
function lanczos(
  apply: Apply,
  n: number,
  count: number,
  { known, largest, tolerance }: EigenOptions,
  generator: Generator,
): Eigenpairs {
  const size = Math.min(basisSize(count), n - known.length - 1);
  const kept = Math.min(count + Math.max(3, Math.floor(count / 2)), size - 1);
  const draw = (): Float64Array => Float64Array.from({ length: n }, () => generator.normal());
  let basis: Float64Array[] = [draw()];
  orthonormalise(basis[0]!, known, draw);
  let residual = Infinity;
  let combinations: Float64Array = new Float64Array();
  for (let restart = 0; restart < 2000; restart++) {
    // the matrix in the basis, where combinations that were kept have their values on the diagonal
    const small = new Float64Array(size * size);
    combinations.forEach((value, i) => (small[i * size + i] = value));
    let last = 0;
    for (let column = combinations.length; column < size; column++) {
      const image = apply(basis[column]!);
      for (let row = 0; row <= column; row++) small[column * size + row] = dot(basis[row]!, image);
      last = orthonormalise(image, [...known, ...basis], draw);
      basis.push(image);
    }
    const { values, vectors } = functional.symmetricEigen(small, size);
    residual = 0;
    for (let i = 0; i < count; i++) residual = Math.max(residual, last * Math.abs(vectors[(size - 1) * size + i]!));
    const isFound = residual <= tolerance || values[0]! - residual > largest;
    const wanted = isFound ? count : kept;
    const combined = Array.from({ length: wanted }, (_, column) => {
      const sum = new Float64Array(n);
      for (let i = 0; i < size; i++) addTo(sum, basis[i]!, vectors[i * size + column]!);
      return sum;
    });
    if (isFound) return { values: values.slice(0, count), vectors: combined };
    combinations = values.slice(0, kept);
    basis = [...combined, basis[size]!];
  }
  throw new InvalidArgumentError(
    `eigenvectors of a graph with ${n} nodes: after 2000 restarts still ${residual.toExponential(1)} away, more than the ` +
      `tolerance ${tolerance}; the eigenvalues lie too close together. Ask for fewer, or allow a larger tolerance.`,
  );
}

/**
 * Makes a vector orthogonal to orthonormal others and of length 1, in place; draws another where it depends on them.
 *
 * @returns its length before it was made 1; 0 for another
 */
function orthonormalise(vector: Float64Array, others: readonly Float64Array[], draw: () => Float64Array): number {
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = Math.sqrt(dot(vector, vector));
    let length = before;
    // once more where much was taken away; twice is enough (Parlett)
    for (let pass = 0; pass < 2; pass++) {
      const former = length;
      for (const other of others) addTo(vector, other, -dot(vector, other));
      length = Math.sqrt(dot(vector, vector));
      if (length > 0.7 * former) break;
    }
    if (length > 1e-12 * before && length > 1e-14) {
      for (let i = 0; i < vector.length; i++) vector[i]! /= length;
      return attempt === 0 ? length : 0;
    }
    vector.set(draw());
  }
  throw new InvalidArgumentError('eigenvectors: there are fewer of them than were asked for');
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
