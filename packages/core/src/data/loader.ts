import { HourglassError, check, checkCount } from '../errors.js';
import type { Generator } from '../random/generator.js';
import { stack, type Stacked } from './collate.js';
import { exampleContext, type Dataset } from './dataset.js';
import { deriveGenerator } from './derive.js';
import { disposeTensors } from './tensors-in.js';

/** Batches of an epoch, from any position. What {@link DataLoader} is, and all that training needs. */
export interface BatchSource<B> {
  /** Batches in an epoch. */
  readonly length: number;
  /** Batches of an epoch from number `start` on. Their tensors belong to the caller. */
  iterate(epoch: number, start?: number): AsyncIterable<B>;
}

export interface DataLoaderOptions<T, B> {
  /** Examples in a batch. Default 1. */
  readonly batchSize?: number;
  /** A new order in each epoch. Default false. */
  readonly shuffle?: boolean;
  /** Decides, with the epoch, order and augmentation. Default 0. */
  readonly seed?: number;
  /** Gives the seed, when `seed` is not given. */
  readonly generator?: Generator;
  /** Leaves out a last batch that is not full. Default false. */
  readonly dropLast?: boolean;
  /** Batches prepared ahead while one is in use. Default 2; 0 prepares each when it is asked for. */
  readonly prefetch?: number;
  /** The epoch that `for await` goes through; set the property for another one. Default 0. */
  readonly epoch?: number;
  /** Makes a batch of examples; default {@link stack}. The loader frees the examples' tensors afterwards. */
  readonly collate?: (examples: readonly T[]) => B | Promise<B>;
}

/**
 * Batches of a data set. Order and augmentation depend on seed and epoch only, so that a run which is taken up again at any
 * position sees what an unbroken one sees. The next batches are prepared in the background; leaving the loop early frees
 * them. A batch's tensors belong to the caller: dispose them.
 */
export class DataLoader<T, B = Stacked<T>> implements BatchSource<B>, AsyncIterable<B> {
  readonly dataset: Dataset<T>;
  readonly batchSize: number;
  readonly seed: number;
  /** The epoch that `for await` goes through. */
  epoch: number;
  readonly #shuffle: boolean;
  readonly #dropLast: boolean;
  readonly #prefetch: number;
  readonly #collate: (examples: readonly T[]) => B | Promise<B>;

  constructor(dataset: Dataset<T>, options: DataLoaderOptions<T, B> = {}) {
    const { batchSize = 1, shuffle = false, dropLast = false, prefetch = 2, epoch = 0 } = options;
    checkCount('batchSize', batchSize);
    checkCount('prefetch', prefetch, 0);
    checkCount('epoch', epoch, 0);
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.seed = options.seed ?? options.generator?.uint32() ?? 0;
    this.epoch = epoch;
    this.#shuffle = shuffle;
    this.#dropLast = dropLast;
    this.#prefetch = prefetch;
    // The default type of B is what the default collate returns.
    this.#collate = options.collate ?? (stack as (examples: readonly T[]) => unknown as (examples: readonly T[]) => B);
    check(this.length > 0, () =>
      dataset.length === 0
        ? 'the data set is empty'
        : `${dataset.length} examples make no batch of ${batchSize}, and dropLast leaves out the rest`,
    );
  }

  /** Batches in an epoch. */
  get length(): number {
    const count = this.dataset.length / this.batchSize;
    return this.#dropLast ? Math.floor(count) : Math.ceil(count);
  }

  /** Indices of the examples of an epoch, in its order. */
  order(epoch: number): Uint32Array {
    const { length } = this.dataset;
    if (!this.#shuffle) return Uint32Array.from({ length }, (_, i) => i);
    return deriveGenerator(this.seed, epoch).permutation(length);
  }

  [Symbol.asyncIterator](): AsyncIterator<B> {
    return this.iterate(this.epoch)[Symbol.asyncIterator]();
  }

  /**
   * Batches of an epoch, from number `start` on.
   * @throws HourglassError naming the example that cannot be read.
   */
  async *iterate(epoch: number, start = 0): AsyncGenerator<B, void, void> {
    const order = this.order(epoch);
    const pending: Array<Promise<B>> = [];
    let next = start;
    const launch = (): void => {
      const batch = this.#load(order.subarray(next * this.batchSize, (next + 1) * this.batchSize), epoch);
      // Its turn to be awaited comes later: until then a failure is not an unhandled one.
      batch.catch(() => {});
      pending.push(batch);
      next++;
    };
    try {
      for (let at = start; at < this.length; at++) {
        while (next < this.length && next <= at + this.#prefetch) launch();
        yield await pending.shift()!;
      }
    } finally {
      for (const batch of await Promise.allSettled(pending)) {
        if (batch.status === 'fulfilled') disposeTensors(batch.value);
      }
    }
  }

  async #load(indices: Uint32Array, epoch: number): Promise<B> {
    const settled = await Promise.allSettled(Array.from(indices, (index) => this.#example(index, epoch)));
    const examples = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    let batch: B | undefined;
    try {
      const failure = settled.find((result) => result.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
      batch = await this.#collate(examples);
      return batch;
    } finally {
      disposeTensors(examples, batch);
    }
  }

  async #example(index: number, epoch: number): Promise<T> {
    try {
      return await this.dataset.get(index, exampleContext(this.seed, epoch, index));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new HourglassError(`example ${index} (epoch ${epoch}) cannot be read: ${why}`, { cause });
    }
  }
}
