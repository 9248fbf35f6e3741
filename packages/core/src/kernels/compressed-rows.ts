import * as tf from '@tensorflow/tfjs-core';

/*
 * What compositions need to know of compressed rows: lists of numbers that follow from those given. Tensors of indices belong to graphs and
 * live long, so that what was found out is kept for as long as their data.
 */

interface Found {
  /** The data of the pointer that it was found with. */
  readonly pointer: object;
  readonly count: number;
  readonly values: Int32Array | null;
}

const rowLists = new WeakMap<object, Found>();
const inverses = new WeakMap<object, Int32Array>();

function numbers(list: tf.Tensor): Int32Array {
  return list.dataSync<'int32'>();
}

/**
 * int32 [count]: the row in whose places each of `count` things is, where place p has thing number list[p], or p without a list; -1 for those
 * that have no place. Null when one has several. The last thing that a row is asked for must not be beyond `count`.
 */
export function rowsOfThings(
  pointer: tf.Tensor,
  list: tf.Tensor | null | undefined,
  count: number,
): tf.Tensor1D | null {
  const key = (list ?? pointer).dataId;
  let found = rowLists.get(key);
  if (found === undefined || found.pointer !== pointer.dataId || found.count !== count) {
    const values = findRows(numbers(pointer), list == null ? null : numbers(list), count);
    found = { pointer: pointer.dataId, count, values };
    rowLists.set(key, found);
  }
  return found.values === null ? null : tf.tensor1d(found.values, 'int32');
}

function findRows(pointer: Int32Array, list: Int32Array | null, count: number): Int32Array | null {
  const rows = new Int32Array(count).fill(-1);
  for (let row = 0; row + 1 < pointer.length; row++) {
    if (list === null) {
      rows.fill(row, pointer[row]!, pointer[row + 1]!);
      continue;
    }
    for (let place = pointer[row]!; place < pointer[row + 1]!; place++) {
      const thing = list[place]!;
      if (thing < 0 || thing >= count) throw new Error(`index ${thing} is not in [0, ${count - 1}]`);
      if (rows[thing] !== -1) return null;
      rows[thing] = row;
    }
  }
  return rows;
}

/** int32: the row of each place. */
export function rowsOfPlaces(pointer: tf.Tensor, places: number): tf.Tensor1D {
  return rowsOfThings(pointer, null, places)!;
}

/** int32: the place that each number stands at in a list of them all. */
export function placesOf(list: tf.Tensor): tf.Tensor1D {
  let places = inverses.get(list.dataId);
  if (places === undefined) {
    const values = numbers(list);
    places = new Int32Array(values.length);
    for (let place = 0; place < values.length; place++) places[values[place]!] = place;
    inverses.set(list.dataId, places);
  }
  return tf.tensor1d(places, 'int32');
}

/** float32 [rows, 1]: places of each row, but at least 1. */
export function placesInRows(pointer: tf.Tensor): tf.Tensor2D {
  const values = numbers(pointer);
  const counts = Float32Array.from({ length: pointer.size - 1 }, (_, row) =>
    Math.max(1, values[row + 1]! - values[row]!),
  );
  return tf.tensor2d(counts, [counts.length, 1]);
}
