import type * as tf from '@tensorflow/tfjs-core';
import { check, CheckpointError } from '../errors.js';
import type { Json } from '../optim/index.js';

/** Numbers as metrics take them: a tensor (read back at once), a typed array or a plain one. */
export type MetricValues = tf.Tensor | ArrayLike<number>;

/** What a metric has seen so far. JSON holds it. */
export type MetricState = { readonly [key: string]: Json };

/** Something measured over many batches, on the host. */
export interface Metric<Result = number> {
  /** The metric of everything seen since the last reset; NaN where nothing was seen or it is undefined. */
  compute(): Result;
  /** Forgets everything. */
  reset(): void;
  state(): MetricState;
  /** @throws CheckpointError when the state is not one of this kind of metric. */
  loadState(state: MetricState): void;
}

/** The numbers themselves. Tensors must be on a backend that can be read at once (not webgpu): read those yourself first. */
export function numbersOf(values: MetricValues): ArrayLike<number> {
  return isTensor(values) ? values.dataSync() : values;
}

export function isTensor(values: MetricValues): values is tf.Tensor {
  return 'dataSync' in values;
}

/** Shape of a tensor; of plain numbers what the caller says, or one axis. */
export function shapeOf(values: MetricValues, shape?: readonly number[]): readonly number[] {
  if (isTensor(values)) return values.shape;
  if (shape === undefined) return [values.length];
  const size = shape.reduce((product, length) => product * length, 1);
  check(size === values.length, `${values.length} values do not have shape [${shape.join(', ')}]`);
  return shape;
}

export function checkSameSize(name: string, predictions: ArrayLike<number>, targets: ArrayLike<number>): void {
  check(
    predictions.length === targets.length,
    `${name}: ${predictions.length} predictions for ${targets.length} targets`,
  );
}

/** A list of numbers in a state, `length` long where that is fixed. */
export function listIn(state: MetricState, key: string, length?: number): number[] {
  const list = state[key];
  if (!Array.isArray(list) || (length !== undefined && list.length !== length)) {
    const wanted = length === undefined ? '' : ` of ${length} numbers`;
    throw new CheckpointError(`metric state: '${key}' is not a list${wanted}`);
  }
  return list as number[];
}

export function numberIn(state: MetricState, key: string): number {
  const value = state[key];
  if (typeof value !== 'number') throw new CheckpointError(`metric state: '${key}' is not a number`);
  return value;
}
