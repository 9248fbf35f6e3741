import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, check } from '../errors.js';
import { scope } from '../memory.js';
import { isPlain } from './tensors-in.js';

type Values =
  | Float32Array
  | Float64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array;

/** Values of a tensor that is not one yet: what decoders give. */
export interface ArrayValues {
  readonly values: Values;
  readonly shape: readonly number[];
}

/** What {@link stack} makes of an example. */
export type Stacked<T> = T extends tf.Tensor | Values | ArrayValues | number | boolean | readonly number[]
  ? tf.Tensor
  : T extends string
    ? string[]
    : T extends readonly unknown[]
      ? { -readonly [K in keyof T]: Stacked<T[K]> }
      : T extends object
        ? { -readonly [K in keyof T]: Stacked<T[K]> }
        : T[];

/**
 * The default collate: examples of one structure become a batch of the same structure, whose leaves have a new first axis.
 * Tensors, typed arrays, arrays of numbers and `{ values, shape }` are stacked; floats become float32, integer arrays
 * int32, numbers float32, booleans bool; strings are gathered into an array. The examples' tensors remain to be freed.
 *
 * @throws InvalidArgumentError when examples differ in structure or shape; it says where.
 */
export function stack<T>(examples: readonly T[]): Stacked<T> {
  check(examples.length > 0, 'cannot stack no examples');
  return scope(() => stackAt(examples, '')) as Stacked<T>;
}

function stackAt(items: readonly unknown[], at: string): unknown {
  const where = at === '' ? 'examples' : `examples at '${at}'`;
  const same = (lengths: readonly string[]): void => {
    const odd = lengths.findIndex((length) => length !== lengths[0]);
    if (odd < 0) return;
    throw new InvalidArgumentError(
      `${where} have different shapes, [${lengths[0]}] and [${lengths[odd]}]: bring them to one size, or pass a collate function`,
    );
  };
  if (items.every(isTensor)) {
    same(items.map((tensor) => tensor.shape.join(', ')));
    return tf.stack([...items]);
  }
  if (items.every(isValues)) {
    same(items.map((values) => String(values.length)));
    return join(items, [items[0]!.length]);
  }
  if (items.every(isArrayValues)) {
    same(items.map(({ shape }) => shape.join(', ')));
    return join(
      items.map(({ values }) => values),
      items[0]!.shape,
    );
  }
  if (items.every((item): item is number => typeof item === 'number')) return tf.tensor1d([...items], 'float32');
  if (items.every((item): item is boolean => typeof item === 'boolean')) return tf.tensor1d([...items], 'bool');
  if (items.every((item): item is string => typeof item === 'string')) return [...items];
  if (items.every(isNumbers)) {
    same(items.map((numbers) => String(numbers.length)));
    return tf.tensor2d(items.map((numbers) => [...numbers]));
  }
  if (items.every((item): item is readonly unknown[] => Array.isArray(item))) {
    same(items.map((tuple) => String(tuple.length)));
    return items[0]!.map((_, i) =>
      stackAt(
        items.map((tuple) => tuple[i]),
        at === '' ? String(i) : `${at}.${i}`,
      ),
    );
  }
  if (items.every(isPlain)) {
    const keys = Object.keys(items[0]!);
    same(items.map((item) => Object.keys(item).toSorted().join(', ')));
    return Object.fromEntries(
      keys.map((key) => [
        key,
        stackAt(
          items.map((item) => item[key]),
          at === '' ? key : `${at}.${key}`,
        ),
      ]),
    );
  }
  const kinds = new Set(items.map((item) => (item === null ? 'null' : (item?.constructor?.name ?? typeof item))));
  if (kinds.size > 1) throw new InvalidArgumentError(`${where} are of different kinds: ${[...kinds].join(', ')}`);
  return [...items];
}

/** float32 for floats, int32 for integers, of shape [count, ...shape]. */
function join(items: readonly Values[], shape: readonly number[]): tf.Tensor {
  const isFloat = items[0] instanceof Float32Array || items[0] instanceof Float64Array;
  const size = tf.util.sizeFromShape([...shape]);
  const values = isFloat ? new Float32Array(items.length * size) : new Int32Array(items.length * size);
  items.forEach((item, i) => {
    check(item.length === size, () => `${item.length} values do not fill shape [${shape.join(', ')}]`);
    values.set(item, i * size);
  });
  return tf.tensor(values, [items.length, ...shape], isFloat ? 'float32' : 'int32');
}

function isTensor(item: unknown): item is tf.Tensor {
  return item instanceof tf.Tensor;
}

function isValues(item: unknown): item is Values {
  return ArrayBuffer.isView(item) && !(item instanceof DataView) && !(item instanceof BigInt64Array);
}

function isArrayValues(item: unknown): item is ArrayValues {
  return isPlain(item) && Object.keys(item).length === 2 && isValues(item['values']) && Array.isArray(item['shape']);
}

function isNumbers(item: unknown): item is readonly number[] {
  return Array.isArray(item) && item.length > 0 && item.every((part) => typeof part === 'number');
}
