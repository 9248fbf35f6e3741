import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';

/**
 * Keys and values that an attention has computed, [N, S, heads, features] each, kept between the steps of a generation. Its tensors
 * outlive tf.tidy; {@link dispose} frees them. For evaluation: no gradient flows into what is kept.
 */
export class KeyValueCache {
  #keys: tf.Tensor | null = null;
  #values: tf.Tensor | null = null;

  /** Number of keys. */
  get length(): number {
    return this.#keys?.shape[1] ?? 0;
  }

  get keys(): tf.Tensor | null {
    return this.#keys;
  }

  get values(): tf.Tensor | null {
    return this.#values;
  }

  /**
   * Puts keys and values behind those it has.
   *
   * @returns all of them; the cache owns them
   * @throws InvalidArgumentError when they do not fit those it has
   */
  append(keys: tf.Tensor, values: tf.Tensor): { keys: tf.Tensor; values: tf.Tensor } {
    const joined = (old: tf.Tensor | null, more: tf.Tensor): tf.Tensor => {
      if (old === null) return tf.keep(tf.clone(more));
      check(
        more.rank === 4 && old.shape.every((size, axis) => axis === 1 || size === more.shape[axis]),
        () => `KeyValueCache: [${more.shape.join(', ')}] cannot come behind [${old.shape.join(', ')}]`,
      );
      const all = tf.keep(tf.concat([old, more], 1));
      old.dispose();
      return all;
    };
    this.#keys = joined(this.#keys, keys);
    this.#values = joined(this.#values, values);
    return { keys: this.#keys, values: this.#values };
  }

  /** Row i becomes what row `rows[i]` was; rows may be repeated or left out. @param rows int32 [n] */
  reorder(rows: tf.Tensor): void {
    this.#replace((x) => tf.gather(x, rows as tf.Tensor1D));
  }

  /** Forgets the keys behind the first `length`. */
  truncate(length: number): void {
    if (length >= this.length) return;
    if (length <= 0) this.dispose();
    else this.#replace((x) => tf.slice(x, [0, 0, 0, 0], [-1, length, -1, -1]));
  }

  /** Forgets all but the last `length`, as attention within a sliding window may. */
  keepLast(length: number): void {
    const extra = this.length - length;
    if (extra <= 0) return;
    if (length <= 0) this.dispose();
    else this.#replace((x) => tf.slice(x, [0, extra, 0, 0], [-1, length, -1, -1]));
  }

  #replace(change: (x: tf.Tensor) => tf.Tensor): void {
    const changed = (old: tf.Tensor | null): tf.Tensor | null => {
      if (old === null) return null;
      const made = tf.keep(scope(() => change(old)));
      old.dispose();
      return made;
    };
    this.#keys = changed(this.#keys);
    this.#values = changed(this.#values);
  }

  /** Frees what it holds; it is empty then. Harmless when repeated. */
  dispose(): void {
    this.#keys?.dispose();
    this.#values?.dispose();
    this.#keys = this.#values = null;
  }
}

/** The caches of one layer of a decoder: of its attention to itself, and of that to an encoder's states. */
export interface LayerCache {
  readonly self: KeyValueCache;
  readonly cross: KeyValueCache;
}

/** The caches of all layers of a decoder. */
export class DecoderCache {
  readonly layers: readonly LayerCache[];

  constructor(layers: number) {
    this.layers = Array.from({ length: layers }, () => ({ self: new KeyValueCache(), cross: new KeyValueCache() }));
  }

  /** Number of steps that the decoder has taken. */
  get length(): number {
    return this.layers[0]?.self.length ?? 0;
  }

  /**
   * Row i of the batch becomes what row `rows[i]` was, as beam search needs it.
   *
   * @param which 'self' leaves alone what was read of an encoder: rows stay with their example
   */
  reorder(rows: readonly number[], which: 'self' | 'all' = 'all'): void {
    const at = tf.tensor1d([...rows], 'int32');
    for (const { self, cross } of this.layers) {
      self.reorder(at);
      if (which === 'all') cross.reorder(at);
    }
    at.dispose();
  }

  /** Goes back to the first `length` steps; what was read of an encoder stays. */
  truncate(length: number): void {
    for (const { self } of this.layers) self.truncate(length);
  }

  /** Harmless when repeated. */
  dispose(): void {
    for (const { self, cross } of this.layers) {
      self.dispose();
      cross.dispose();
    }
  }
}
