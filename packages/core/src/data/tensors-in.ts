import * as tf from '@tensorflow/tfjs-core';

/** Every tensor in nested arrays and plain objects, each once. */
export function tensorsIn(value: unknown): Set<tf.Tensor> {
  const found = new Set<tf.Tensor>();
  const visit = (item: unknown): void => {
    if (item instanceof tf.Tensor) found.add(item);
    else if (Array.isArray(item)) for (const part of item) visit(part);
    else if (isPlain(item)) for (const part of Object.values(item)) visit(part);
  };
  visit(value);
  return found;
}

/** Frees the tensors in `value`, except those that are in `kept` too. Harmless when repeated. */
export function disposeTensors(value: unknown, kept?: unknown): void {
  const spared = tensorsIn(kept);
  for (const tensor of tensorsIn(value)) if (!spared.has(tensor) && !tensor.isDisposed) tensor.dispose();
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
