import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../memory.js';

/** Inputs of a kernel by name; kernels of lists have '0', '1', … */
export type Inputs = Readonly<Record<string, tf.Tensor>>;
/** TFJS's own kernel of the same name. */
export type Original = (inputs: Inputs, attrs: object) => tf.TensorInfo | tf.TensorInfo[];

/** A kernel that core gives to a backend. */
export interface Composition {
  readonly kernelName: string;
  /** What is the matter with TFJS's own, where it has one: wrong for some inputs, or several times slower than need be. */
  readonly because: 'wrong' | 'slow';
  readonly run: (inputs: Inputs, attrs: object, backend: object, original: Original) => tf.TensorInfo | tf.TensorInfo[];
}

/**
 * A kernel composed of TFJS operations. They run off the tape, and what they make is freed, but for the result.
 * `original` is TFJS's own kernel, for the cases that it does well; it returns a TensorInfo that the caller may return.
 */
export function composed<Attributes extends object>(
  kernelName: string,
  because: Composition['because'],
  run: (inputs: Inputs, attrs: Attributes) => tf.Tensor,
): Composition {
  return { kernelName, because, run: (inputs, attrs) => scope(() => run(inputs, attrs as Attributes)) };
}

/** Where a composed kernel stands to TFJS's: that is absent, wrong or slow. */
export type Reason = 'absent' | Composition['because'];

/**
 * Registers kernels for a backend, in place of its own where it has them. A kernel keeps the set-up of the one that it
 * replaces, since that is still called. Of two for the same kernel the
 * later counts. Returns why each was needed.
 */
export function provide(backendName: string, compositions: readonly Composition[]): Map<string, Reason> {
  const reasons = new Map<string, Reason>();
  const latest = new Map(compositions.map((composition) => [composition.kernelName, composition]));
  for (const { kernelName, because, run } of latest.values()) {
    const own = tf.getKernel(kernelName, backendName) as tf.KernelConfig | undefined;
    const config: tf.KernelConfig = {
      ...own,
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) =>
        run(inputs as Inputs, attrs ?? {}, backend, (others, otherAttrs) => {
          if (own === undefined) throw new Error(`TFJS has no kernel ${kernelName} on backend ${backendName}`);
          return own.kernelFunc({
            inputs: others as tf.NamedTensorInfoMap,
            attrs: otherAttrs as tf.NamedAttrMap,
            backend,
          });
        }),
    };
    if (own !== undefined) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel(config);
    reasons.set(kernelName, own === undefined ? 'absent' : because);
  }
  return reasons;
}
