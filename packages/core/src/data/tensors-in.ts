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

/** What holds tensors of its own, such as the edges of a graph. `dispose` is harmless when repeated. */
interface Disposable {
  dispose(): void;
}

/**
 * Frees the tensors in `value`, and objects in it that have a `dispose`, except those that are in `kept` too. Harmless when repeated.
 */
export function disposeTensors(value: unknown, kept?: unknown): void {
  const spared = disposablesIn(kept);
  for (const item of disposablesIn(value)) if (!spared.has(item)) item.dispose();
}

/** Tensors and other disposable objects in nested arrays and plain objects, each once. */
function disposablesIn(value: unknown): Set<Disposable> {
  const found = new Set<Disposable>();
  const visit = (item: unknown): void => {
    if (Array.isArray(item)) for (const part of item) visit(part);
    else if (isPlain(item)) for (const part of Object.values(item)) visit(part);
    else if (typeof item === 'object' && item !== null && typeof (item as Disposable).dispose === 'function') {
      found.add(item as Disposable);
    }
  };
  visit(value);
  return found;
}

export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
