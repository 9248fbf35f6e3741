import * as tf from '@tensorflow/tfjs-core';

/** Inputs of a kernel by name; one that is null or undefined is left out. */
type Given = Readonly<Record<string, tf.Tensor | null | undefined>>;

/** A kernel of our own, beside those of TFJS, that a backend may bring. */
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
}

/** Declares a kernel of our own; each has a folder of its own beside this file, whose `spec.ts` says what it computes. */
export function ownKernel<Inputs extends object, Attributes extends object = Record<string, never>>(
  name: string,
): OwnKernel<Inputs, Attributes> {
  const operation = ownOperation<Inputs, Attributes>(name);
  return {
    kernelName: operation.kernelName,
    get isBrought() {
      return operation.isBrought;
    },
    run: (inputs, attrs) => (tf.engine().isTapeOn() ? null : operation.run(inputs, attrs)),
  };
}

/**
 * {@link ownKernel} with a gradient among core's, so that it may be run anywhere, and only those gradients of its inputs are
 * computed that are asked for.
 */
export function ownOperation<Inputs extends object, Attributes extends object = Record<string, never>>(
  name: string,
): OwnKernel<Inputs, Attributes> {
  const kernelName = `Hourglass${name}`;
  return {
    kernelName,
    get isBrought() {
      return tf.getKernel(kernelName, tf.getBackend()) != null;
    },
    run(inputs, attrs) {
      if (!this.isBrought) return null;
      const present = Object.fromEntries(Object.entries(inputs as Given).filter(([, input]) => input != null));
      const outputs = tf
        .engine()
        .runKernel(kernelName, present as tf.NamedTensorMap, attrs as unknown as tf.NamedAttrMap);
      return Array.isArray(outputs) ? outputs : [outputs];
    },
  };
}
