import type { Values } from './host.js';

/** A view of flat memory: element (i0, i1, …) lies at offset + Σ i·stride. Strides may be 0 (repeat) or negative. */
export interface Strided {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Row-major strides. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

export function dense(shape: readonly number[]): Strided {
  return { offset: 0, strides: denseStrides(shape) };
}

/** Axes through which several arrays are stepped at once. */
export interface Axes {
  readonly sizes: readonly number[];
  /** For each array, its step along every axis. */
  readonly strides: ReadonlyArray<readonly number[]>;
}

/** Steps through an array of `shape` that is broadcast to the shape `to`: 0 along axes of one element. */
export function broadcastStrides(shape: readonly number[], to: readonly number[]): number[] {
  const own = denseStrides(shape);
  const missing = to.length - shape.length;
  return to.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : own[axis - missing]!));
}

/** Drops axes of one element and joins neighbours that all arrays step through as one, so that inner runs are long. */
export function mergeAxes(shape: readonly number[], strides: ReadonlyArray<readonly number[]>): Axes {
  const sizes: number[] = [];
  const merged: number[][] = strides.map(() => []);
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const last = sizes.length - 1;
    if (last >= 0 && strides.every((own, i) => merged[i]![last] === own[axis]! * size)) {
      sizes[last]! *= size;
      strides.forEach((own, i) => (merged[i]![last] = own[axis]!));
    } else {
      sizes.push(size);
      strides.forEach((own, i) => merged[i]!.push(own[axis]!));
    }
  });
  return { sizes, strides: merged };
}

/** Below this many elements a loop is faster than a call of `set`. */
const longRun = 48;

/** Copies an array of `shape` from one view to another; both may lie in the same heap, but must not overlap. */
export function copyStrided(
  shape: readonly number[],
  from: Values,
  source: Strided,
  to: Values,
  target: Strided,
): void {
  const axes = mergeAxes(shape, [source.strides, target.strides]);
  // a lone element is a run too
  const sizes = axes.sizes.length === 0 ? [1] : axes.sizes;
  const [reads, writes] = axes.sizes.length === 0 ? [[1], [1]] : (axes.strides as [number[], number[]]);
  if (sizes.includes(0)) return;
  const rank = sizes.length;
  const [run, inStep, outStep] = [sizes[rank - 1]!, reads[rank - 1]!, writes[rank - 1]!];
  const [rows, rowIn, rowOut] = rank > 1 ? [sizes[rank - 2]!, reads[rank - 2]!, writes[rank - 2]!] : [1, 0, 0];
  const outer = rank - 2;
  const index = Array.from({ length: Math.max(outer, 0) }, () => 0);
  let [read, write] = [source.offset, target.offset];
  for (;;) {
    copyRows(from, read, rowIn, inStep, to, write, rowOut, outStep, rows, run);
    let axis = outer - 1;
    for (; axis >= 0; axis--) {
      read += reads[axis]!;
      write += writes[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      read -= sizes[axis]! * reads[axis]!;
      write -= sizes[axis]! * writes[axis]!;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

function copyRows(
  from: Values,
  read: number,
  rowIn: number,
  inStep: number,
  to: Values,
  write: number,
  rowOut: number,
  outStep: number,
  rows: number,
  run: number,
): void {
  if (rowIn === 0 && inStep === 1 && outStep === 1 && rowOut === run && rows > 1) {
    // one row over and over: what is written already is copied, twice as much each time
    copyRows(from, read, 0, 1, to, write, run, 1, 1, run);
    for (let done = run; done < rows * run; done *= 2) {
      to.copyWithin(write + done, write, write + Math.min(done, rows * run - done));
    }
  } else if (outStep === 1 && run >= longRun && (inStep === 1 || inStep === 0)) {
    for (let row = 0; row < rows; row++, read += rowIn, write += rowOut) {
      if (inStep === 1) to.set(from.subarray(read, read + run), write);
      else to.fill(from[read]!, write, write + run);
    }
  } else if (outStep === 1 && inStep === 1) {
    for (let row = 0; row < rows; row++, read += rowIn, write += rowOut) {
      for (let i = 0; i < run; i++) to[write + i] = from[read + i]!;
    }
  } else {
    for (let row = 0; row < rows; row++, read += rowIn, write += rowOut) {
      for (let i = 0, r = read, w = write; i < run; i++, r += inStep, w += outStep) to[w] = from[r]!;
    }
  }
}
