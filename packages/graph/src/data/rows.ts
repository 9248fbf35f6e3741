import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '@hourglass/core';
import { checkFinite } from './checks.js';

/** A row of numbers for each node or edge: row r is values[r · width] … values[(r + 1) · width - 1]. */
export interface DenseRows {
  readonly width: number;
  readonly values: Float32Array;
}

/** The same where most numbers are zero, as compressed rows (CSR): bags of words, for instance. */
export interface SparseRows {
  readonly width: number;
  /** [rows + 1]: row r has the places pointer[r] … pointer[r + 1] - 1. */
  readonly pointer: Int32Array;
  /** Each place's column. Numbers at the same place add up. */
  readonly columns: Int32Array;
  /** Each place's number; null where all are 1. */
  readonly values: Float32Array | null;
}

export type Rows = DenseRows | SparseRows;

/** Rows as one writes them down: a list of equally long lists, or either form of {@link Rows}. */
export type RowsLike = Rows | readonly (readonly number[])[];

export function isSparse(rows: Rows): rows is SparseRows {
  return 'pointer' in rows;
}

/**
 * Checks rows and brings them into one of the two forms. Typed arrays are taken over, not copied.
 *
 * @param what names them in errors: `x`
 * @param count how many rows there must be
 * @param of what has a row: `node`
 * @throws InvalidArgumentError for another number of rows, rows of different lengths, columns that are not there, NaN, infinity
 */
export function checkedRows(what: string, given: RowsLike, count: number, of: string): Rows {
  const rows = isList(given) ? fromLists(what, given) : given;
  const { width } = rows;
  checkCount(`${what}: the width`, width, 0);
  if (!isSparse(rows)) {
    const found = rows.values.length;
    check(
      found === count * width,
      () =>
        `${what} needs a row of ${width} numbers for each of ${count} ${of}s, ${count * width} in all; it has ${found}`,
    );
    checkFinite(what, rows.values, (at) => `${of} ${Math.floor(at / width)}, column ${at % width}`);
    return rows;
  }
  const { pointer, columns, values } = rows;
  const places = columns.length;
  check(
    pointer.length === count + 1 && pointer[0] === 0 && pointer[count] === places,
    () =>
      `${what} needs a row for each of ${count} ${of}s: ${count + 1} pointers from 0 to the number of places, ${places}; ` +
      `it has ${pointer.length}, from ${pointer[0]} to ${pointer.at(-1)}`,
  );
  for (let row = 0; row < count; row++) {
    check(pointer[row]! <= pointer[row + 1]!, () => `${what}: the pointer falls after row ${row}`);
  }
  for (let p = 0; p < places; p++) {
    check(
      columns[p]! >= 0 && columns[p]! < width,
      () => `${what}: place ${p} has column ${columns[p]}, there are ${width} columns`,
    );
  }
  if (values !== null) {
    check(values.length === places, () => `${what}: ${places} columns, but ${values.length} numbers`);
    checkFinite(what, values, (at) => `place ${at}, column ${columns[at]}`);
  }
  return rows;
}

function isList(rows: RowsLike): rows is readonly (readonly number[])[] {
  return Array.isArray(rows);
}

function fromLists(what: string, lists: readonly (readonly number[])[]): DenseRows {
  const width = lists[0]?.length ?? 0;
  const values = new Float32Array(lists.length * width);
  lists.forEach((list, row) => {
    check(list.length === width, () => `${what}: row ${row} has ${list.length} numbers, row 0 has ${width}`);
    values.set(list, row * width);
  });
  return { width, values };
}

/** These rows, in this order, each as often as it is listed. */
export function takeRows<R extends Rows>(rows: R, ids: ArrayLike<number>): R;
export function takeRows(rows: Rows, ids: ArrayLike<number>): Rows {
  const { width } = rows;
  if (!isSparse(rows)) {
    const values = new Float32Array(ids.length * width);
    for (let i = 0; i < ids.length; i++) {
      values.set(rows.values.subarray(ids[i]! * width, (ids[i]! + 1) * width), i * width);
    }
    return { width, values };
  }
  const pointer = new Int32Array(ids.length + 1);
  for (let i = 0; i < ids.length; i++) {
    pointer[i + 1] = pointer[i]! + rows.pointer[ids[i]! + 1]! - rows.pointer[ids[i]!]!;
  }
  const columns = new Int32Array(pointer[ids.length]!);
  const values = rows.values === null ? null : new Float32Array(columns.length);
  for (let i = 0; i < ids.length; i++) {
    const [from, to] = [rows.pointer[ids[i]!]!, rows.pointer[ids[i]! + 1]!];
    columns.set(rows.columns.subarray(from, to), pointer[i]!);
    values?.set(rows.values!.subarray(from, to), pointer[i]!);
  }
  return { width, pointer, columns, values };
}

/** All of these, one below the other. Sparse only when all are. @throws InvalidArgumentError when widths differ */
export function stackRows(what: string, parts: readonly Rows[]): Rows {
  const width = parts[0]?.width ?? 0;
  for (const part of parts) {
    check(part.width === width, () => `${what}: rows of ${part.width} numbers do not go below rows of ${width}`);
  }
  if (parts.length > 0 && parts.every(isSparse)) {
    const pointer = [0];
    for (const part of parts) {
      const start = pointer.at(-1)!;
      for (let row = 1; row < part.pointer.length; row++) pointer.push(start + part.pointer[row]!);
    }
    const ones = parts.every(({ values }) => values === null);
    return {
      width,
      pointer: Int32Array.from(pointer),
      columns: joined(
        Int32Array,
        parts.map(({ columns }) => columns),
      ),
      values: ones
        ? null
        : joined(
            Float32Array,
            parts.map(({ values, columns }) => values ?? new Float32Array(columns.length).fill(1)),
          ),
    };
  }
  return {
    width,
    values: joined(
      Float32Array,
      parts.map((part) => denseRows(part).values),
    ),
  };
}

/** Typed arrays one after another. */
export function joined<A extends Int32Array | Float32Array | Uint8Array>(
  type: new (length: number) => A,
  parts: readonly A[],
): A {
  const whole = new type(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** With all zeros written out. Rows that are dense come back as they are. */
export function denseRows(rows: Rows): DenseRows {
  if (!isSparse(rows)) return rows;
  const { width, pointer, columns, values } = rows;
  check(
    (pointer.length - 1) * width < 2 ** 31,
    () => `${pointer.length - 1} rows of ${width} numbers are too many to write their zeros out; keep fewer columns`,
  );
  const dense = new Float32Array((pointer.length - 1) * width);
  for (let row = 0; row + 1 < pointer.length; row++) {
    for (let p = pointer[row]!; p < pointer[row + 1]!; p++) dense[row * width + columns[p]!]! += values?.[p] ?? 1;
  }
  return { width, values: dense };
}

/** float32 [rows, width] */
export function rowsTensor(rows: Rows, count: number): tf.Tensor2D {
  return tf.tensor2d(denseRows(rows).values, [count, rows.width], 'float32');
}
