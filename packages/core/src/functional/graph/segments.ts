import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '../../errors.js';

/** Whole numbers: an int32 tensor, or any list of numbers. */
export type Indices = tf.Tensor | ArrayLike<number>;

/** The numbers of an index list, checked to lie in [0, size). */
export function indicesOf(what: string, indices: Indices, size: number): Int32Array {
  const given = indices instanceof tf.Tensor ? indices.dataSync() : indices;
  const values = given instanceof Int32Array ? given : Int32Array.from(given);
  for (let i = 0; i < values.length; i++) {
    check(
      given[i] === values[i] && values[i]! >= 0 && values[i]! < size,
      () => `${what}: number ${i} is ${given[i]}; it must be a whole number in [0, ${size})`,
    );
  }
  return values;
}

/** A tensor that no scope frees. */
export function lasting(values: Int32Array): tf.Tensor1D {
  return tf.keep(tf.tensor1d(values, 'int32'));
}

/** Whether every number is its own place. */
function isIdentity(values: Int32Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== i) return false;
  return true;
}

/**
 * Which of `size` segments each of `count` rows belongs to, and the rows ordered by segment. Make it once for a graph, not in
 * every step: it reads the ids. Its tensors live until `dispose`.
 */
export class Segments {
  readonly count: number;
  readonly size: number;
  /** int32 [count]: the segment of each row. */
  readonly ids: tf.Tensor1D;
  /** int32 [size + 1]: segment s has the places pointer[s] … pointer[s + 1] - 1. */
  readonly pointer: tf.Tensor1D;
  /** int32 [count]: the row at each place, rows of a segment in their own order; null when the ids are sorted. */
  readonly order: tf.Tensor1D | null;
  /** The same numbers for programs in JavaScript. */
  readonly values: { readonly ids: Int32Array; readonly pointer: Int32Array; readonly order: Int32Array };

  /**
   * @param ids the segment of each row, in any order
   * @param size number of segments; some may be empty
   * @throws InvalidArgumentError when an id is not in [0, size)
   */
  constructor(ids: Indices, size: number) {
    checkCount('Segments: size', size, 0);
    const own = indicesOf('Segments: ids', ids, size);
    const pointer = new Int32Array(size + 1);
    for (let i = 0; i < own.length; i++) pointer[own[i]! + 1]!++;
    for (let s = 0; s < size; s++) pointer[s + 1]! += pointer[s]!;
    const order = new Int32Array(own.length);
    const next = pointer.slice(0, size);
    for (let i = 0; i < own.length; i++) order[next[own[i]!]!++] = i;
    this.count = own.length;
    this.size = size;
    this.values = { ids: own, pointer, order };
    this.ids = lasting(own);
    this.pointer = lasting(pointer);
    this.order = isIdentity(order) ? null : lasting(order);
  }

  dispose(): void {
    tf.dispose([this.ids, this.pointer, this.order ?? []]);
  }
}
