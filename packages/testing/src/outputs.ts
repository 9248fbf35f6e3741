import { Generator, scope } from '@hourglass/core';
import { compareValues, type Tolerance } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Outputs } from './facts.js';
import { expectThat } from './failure.js';

/** A tensor's contents, which outlast it. */
export interface Values {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** All tensors of outputs by name; the one of a single output is called ''. */
export function namedOutputs(outputs: Outputs): Map<string, tf.Tensor> {
  const found = new Map<string, tf.Tensor>();
  const visit = (item: Outputs | undefined, name: string): void => {
    if (item instanceof tf.Tensor) found.set(name, item);
    else if (typeof item === 'object' && item !== null) {
      for (const [key, part] of Object.entries(item)) visit(part, name === '' ? key : `${name}.${key}`);
    } else expectThat(item === undefined, () => `output '${name}' is no tensor but ${String(item)}`);
  };
  visit(outputs, '');
  expectThat(found.size > 0, 'the model returned no tensor');
  return found;
}

/** Reads the outputs. */
export function readOutputs(outputs: Outputs): Map<string, Values> {
  return new Map(Array.from(namedOutputs(outputs), ([name, tensor]) => [name, readTensor(tensor)]));
}

/** Reads a tensor. */
export function readTensor(tensor: tf.Tensor): Values {
  const { shape, dtype } = tensor;
  return { shape, dtype, values: tensor.dataSync().slice() as Values['values'] };
}

/** Reads many tensors, for which a GPU is waited once. */
export async function readAll(tensors: Iterable<readonly [string, tf.Tensor]>): Promise<Map<string, Values>> {
  const entries = Array.from(tensors, async ([name, tensor]): Promise<[string, Values]> => {
    const { shape, dtype } = tensor;
    return [name, { shape, dtype, values: (await tensor.data()).slice() as Values['values'] }];
  });
  return new Map(await Promise.all(entries));
}

/** For messages. */
export function label(name: string): string {
  return name === '' ? 'the output' : `output '${name}'`;
}

/** `2 × 3`-like text of a shape as TFJS users write it. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** The same bits; null, or what differs first. */
export function difference(
  actual: ReadonlyMap<string, Values>,
  expected: ReadonlyMap<string, Values>,
  tolerance?: Tolerance,
): string | null {
  const names = [...actual.keys()].toSorted().join(', ');
  const wanted = [...expected.keys()].toSorted().join(', ');
  if (names !== wanted) return `the outputs are ${names}, expected ${wanted}`;
  for (const [name, values] of expected) {
    const own = actual.get(name)!;
    if (shapeText(own.shape) !== shapeText(values.shape)) {
      return `${label(name)} has shape ${shapeText(own.shape)}, expected ${shapeText(values.shape)}`;
    }
    const result = compareValues(own.values, values.values, tolerance ?? { rtol: 0, atol: 0 });
    if (!result.ok) return `${label(name)}: ${result.message}`;
  }
  return null;
}

/** A tolerance that takes small values of a tensor relative to its largest. */
export function relativeTo(values: Iterable<Values>, relative: number): Tolerance {
  return { rtol: relative, atol: relative * Math.max(1e-6, ...Array.from(values, ({ values: v }) => largest(v))) };
}

/** Beside the largest gradient of a model, one as small as this is what rounding leaves of zero. */
export const negligible = 1e-4;

/** The largest finite magnitude; 0 where there is none. */
export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/** The weights of {@link projection} for one output. */
function projectionWeights(size: number, index: number): Float32Array {
  const generator = new Generator(1000 + index);
  return Float32Array.from({ length: size }, () => generator.uniform(-1, 1));
}

/** A scalar that depends on every floating-point output: a sum with fixed random weights. */
export function projection(outputs: Outputs): tf.Tensor {
  return scope(() => {
    const terms = floats(outputs).map((tensor, i) =>
      tf.sum(tf.mul(tensor, tf.tensor(projectionWeights(tensor.size, i), tensor.shape))),
    );
    return tf.addN(terms);
  });
}

/** {@link projection} summed in double precision, so that only the model's own rounding counts. */
export function projectionValue(outputs: Outputs): number {
  return floats(outputs).reduce((total, tensor, i) => {
    const weights = projectionWeights(tensor.size, i);
    return tensor.dataSync<'float32'>().reduce((sum, value, j) => sum + value * weights[j]!, total);
  }, 0);
}

function floats(outputs: Outputs): tf.Tensor[] {
  const found = [...namedOutputs(outputs).values()].filter(({ dtype }) => dtype === 'float32');
  expectThat(found.length > 0, 'no output is float32, so there is nothing to differentiate: give a `loss`');
  return found;
}
