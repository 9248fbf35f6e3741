import * as tf from '@tensorflow/tfjs-core';

/** Inputs of a kernel by name; one that is null or undefined is left out. */
type Given = Readonly<Record<string, tf.Tensor | null | undefined>>;

/** A kernel of our own, beside those of TFJS, that a backend may bring, and that is composed where none does. */
export interface OwnKernel<Inputs extends object, Attributes extends object> {
  /** What it is registered as. */
  readonly kernelName: string;
  /**
   * Its outputs, or null where the active backend does not bring it and the caller composes it of TFJS operations.
   *
   * It has no gradient of its own: call it inside the forward and the backward function of `customOp` only. While a gradient
   * is itself being differentiated this gives null too, since the composition is what can be differentiated.
   */
  run(inputs: Inputs, attrs: Attributes): tf.Tensor[] | null;
  /** Whether the active backend brings it. */
  readonly isBrought: boolean;
  /** What is run where none is brought; undefined where the callers compose it. */
  readonly reference?: Reference<Inputs, Attributes>;
}

/** The same computation of TFJS operations: right on every backend, and what other versions are measured by. */
export type Reference<Inputs extends object, Attributes extends object> = (
  inputs: Inputs,
  attrs: Attributes,
) => readonly tf.Tensor[];

/** A kernel with a reference, which runs on backends that have no version of their own. */
export interface Kernel<Inputs extends object, Attributes extends object> extends OwnKernel<Inputs, Attributes> {
  readonly reference: Reference<Inputs, Attributes>;
  /**
   * Its outputs. It has no gradient of its own: see `differentiable`. While a gradient is itself being differentiated this runs
   * the reference, which can be.
   */
  run(inputs: Inputs, attrs: Attributes): tf.Tensor[];
}

/** Declares a kernel of our own; each has a folder of its own beside this file, whose `spec.ts` says what it computes. */
export function ownKernel<Inputs extends object, Attributes extends object = Record<string, never>>(
  name: string,
  reference: Reference<Inputs, Attributes>,
): Kernel<Inputs, Attributes>;
export function ownKernel<Inputs extends object, Attributes extends object = Record<string, never>>(
  name: string,
): OwnKernel<Inputs, Attributes>;
export function ownKernel<Inputs extends object, Attributes extends object>(
  name: string,
  reference?: Reference<Inputs, Attributes>,
): OwnKernel<Inputs, Attributes> {
  return declare<Inputs, Attributes>(name, reference, (brought) => (tf.engine().isTapeOn() ? null : brought()));
}

/**
 * {@link ownKernel} with a gradient among core's, so that it may be run anywhere, and only those gradients of its inputs are
 * computed that are asked for.
 */
export function ownOperation<Inputs extends object, Attributes extends object = Record<string, never>>(
  name: string,
  reference: Reference<Inputs, Attributes>,
): Kernel<Inputs, Attributes> {
  return declare(name, reference, (brought) => brought()) as Kernel<Inputs, Attributes>;
}

function declare<Inputs extends object, Attributes extends object>(
  name: string,
  reference: Reference<Inputs, Attributes> | undefined,
  choose: (brought: () => tf.Tensor[] | null) => tf.Tensor[] | null,
): OwnKernel<Inputs, Attributes> {
  const kernelName = `Hourglass${name}`;
  const isBrought = (): boolean => tf.getKernel(kernelName, tf.getBackend()) != null;
  function run(inputs: Inputs, attrs: Attributes): tf.Tensor[] | null {
    if (!isBrought()) return null;
    const present = Object.fromEntries(Object.entries(inputs as Given).filter(([, input]) => input != null));
    const outputs = tf
      .engine()
      .runKernel(kernelName, present as tf.NamedTensorMap, attrs as unknown as tf.NamedAttrMap);
    return Array.isArray(outputs) ? outputs : [outputs];
  }
  const composed = (inputs: Inputs, attrs: Attributes): tf.Tensor[] | null =>
    reference === undefined ? null : tf.tidy(() => [...reference(inputs, attrs)]);
  const kernel: OwnKernel<Inputs, Attributes> = {
    kernelName,
    get isBrought() {
      return isBrought();
    },
    run: (inputs, attrs) => choose(() => run(inputs, attrs)) ?? composed(inputs, attrs),
  };
  return reference === undefined
    ? kernel
    : Object.defineProperties(kernel, { reference: { value: reference, enumerable: true } });
}
