import * as tf from '@tensorflow/tfjs-core';
import { isPlain } from '../data/tensors-in.js';
import { check } from '../errors.js';
import { variableGradients } from '../gradients/backward.js';
import { scope } from '../memory.js';
import type { Parameter } from '../module/parameter.js';

export interface ValueAndGradients<A> {
  /** The scalar. */
  readonly value: tf.Scalar;
  /** What the function returned besides. */
  readonly aux: A;
  /** Gradients in memory layout. A parameter that the value does not depend on is not in the map. */
  readonly gradients: Map<Parameter, tf.Tensor>;
}

/**
 * Value of `fn` and its gradients with respect to parameters; frozen ones (`requiresGrad` false) are left out. Everything
 * returned belongs to the caller (or the surrounding scope); nothing else stays behind, also when `fn` throws.
 *
 * @param fn returns a scalar, or a scalar with more (nested arrays and objects of tensors) for which there are no gradients.
 * @throws InvalidArgumentError when the value is not a scalar.
 */
export function valueAndGradients<A = undefined>(
  fn: () => tf.Tensor | { readonly value: tf.Tensor; readonly aux: A },
  parameters: Iterable<Parameter>,
): ValueAndGradients<A> {
  const trainable = [...new Set(parameters)].filter((parameter) => parameter.requiresGrad);
  const kept: tf.Tensor[] = [];
  let aux = undefined as A;
  const forward = (): tf.Scalar => {
    const result = fn();
    const value = result instanceof tf.Tensor ? result : result.value;
    check(value.rank === 0, () => `gradients need a scalar, the function returned shape [${value.shape.join(', ')}]`);
    // TFJS frees all that the function made, so what goes out besides the value is kept by hand.
    if (!(result instanceof tf.Tensor)) aux = mapTensors(result.aux, (tensor) => keepIn(kept, tf.clone(tensor)));
    return value as tf.Scalar;
  };
  try {
    const { value, gradients: found } = scope(() =>
      trainable.length === 0
        ? { value: forward(), gradients: [] }
        : variableGradients(
            forward,
            trainable.map(({ variable }) => variable),
          ),
    );
    const gradients = new Map<Parameter, tf.Tensor>();
    trainable.forEach((parameter, i) => {
      const gradient = found[i] ?? null;
      if (gradient !== null) gradients.set(parameter, gradient);
    });
    // Clones belong to the surrounding scope, as every result of an operation does.
    return { value, aux: mapTensors(aux, (tensor) => tf.clone(tensor)), gradients };
  } finally {
    tf.dispose(kept);
  }
}

function keepIn(list: tf.Tensor[], tensor: tf.Tensor): tf.Tensor {
  list.push(tf.keep(tensor));
  return tensor;
}

function mapTensors<T>(value: T, change: (tensor: tf.Tensor) => tf.Tensor): T {
  const visit = (item: unknown): unknown => {
    if (item instanceof tf.Tensor) return change(item);
    if (Array.isArray(item)) return item.map(visit);
    if (isPlain(item)) return Object.fromEntries(Object.entries(item).map(([key, part]) => [key, visit(part)]));
    return item;
  };
  return visit(value) as T;
}
