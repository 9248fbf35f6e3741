import type { Generator } from '../random/generator.js';
import { deriveGenerator } from './derive.js';

/** What a data set may use to make an example: the same numbers whenever this example of this epoch is asked for again. */
export interface ExampleContext {
  /** Seeded by the loader's seed, the epoch and the index: augmentation repeats bit for bit, whatever the order. */
  readonly generator: Generator;
  readonly epoch: number;
}

/**
 * Examples by index, read when asked for. Tensors in an example belong to whoever asked for it.
 */
export interface Dataset<T> {
  readonly length: number;
  get(index: number, context?: ExampleContext): T | Promise<T>;
}

/** The context of one example. */
export function exampleContext(seed: number, epoch: number, index: number): ExampleContext {
  return { generator: deriveGenerator(seed, epoch, index), epoch };
}
