import * as tf from '@tensorflow/tfjs-core';
import { check, checkCount } from '../errors.js';
import { exampleContext, type Dataset, type ExampleContext } from './dataset.js';
import { disposeTensors, isPlain } from './tensors-in.js';

/** A data set of what is in an array. Tensors in it stay yours; examples hold clones that share their memory. */
export function fromArray<T>(items: readonly T[]): Dataset<T> {
  return {
    length: items.length,
    get(index) {
      checkIndex(index, items.length);
      return cloneTensors(items[index]!) as T;
    },
  };
}

/**
 * Applies `transform` to every example when it is asked for. Randomness comes from the context's generator. Tensors of the
 * example that are not in the result are freed; those that `transform` makes on its way it frees itself (`scope`).
 */
export function map<T, U>(
  dataset: Dataset<T>,
  transform: (example: T, context: ExampleContext & { readonly index: number }) => U | Promise<U>,
): Dataset<U> {
  return {
    length: dataset.length,
    async get(index, context = exampleContext(0, 0, index)) {
      const example = await dataset.get(index, context);
      try {
        const result = await transform(example, { ...context, index });
        disposeTensors(example, result);
        return result;
      } catch (error) {
        disposeTensors(example);
        throw error;
      }
    },
  };
}

/** The examples at these indices, in this order. */
export function subset<T>(dataset: Dataset<T>, indices: ArrayLike<number>): Dataset<T> {
  for (let i = 0; i < indices.length; i++) checkIndex(indices[i]!, dataset.length);
  return {
    length: indices.length,
    get(index, context) {
      checkIndex(index, indices.length);
      return dataset.get(indices[index]!, context);
    },
  };
}

/** The first `count` examples, or all when there are fewer. */
export function take<T>(dataset: Dataset<T>, count: number): Dataset<T> {
  checkCount('count', count, 0);
  return subset(
    dataset,
    Array.from({ length: Math.min(count, dataset.length) }, (_, i) => i),
  );
}

/** One data set after another. */
export function concat<T>(...datasets: ReadonlyArray<Dataset<T>>): Dataset<T> {
  const length = datasets.reduce((sum, dataset) => sum + dataset.length, 0);
  return {
    length,
    get(index, context) {
      checkIndex(index, length);
      let rest = index;
      for (const dataset of datasets) {
        if (rest < dataset.length) return dataset.get(rest, context);
        rest -= dataset.length;
      }
      throw new RangeError(`no example ${index}`);
    },
  };
}

function checkIndex(index: number, length: number): void {
  check(Number.isInteger(index) && index >= 0 && index < length, `no example ${index} in a data set of ${length}`);
}

function cloneTensors(value: unknown): unknown {
  if (value instanceof tf.Tensor) return tf.clone(value);
  if (Array.isArray(value)) return value.map(cloneTensors);
  if (isPlain(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cloneTensors(item)]));
  return value;
}
