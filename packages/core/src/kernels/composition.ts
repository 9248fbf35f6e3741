import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../memory.js';

/** Inputs of a kernel by name; kernels of lists have '0', '1', … */
export type Inputs = Readonly<Record<string, tf.Tensor>>;
type Original = (inputs: Inputs, attrs: object) => tf.TensorInfo | tf.TensorInfo[];

/** A kernel that core gives to a backend. */
export interface Composition {
  readonly kernelName: string;
  /** Why: TFJS has none there, its own is wrong for some inputs, or an order slower than it need be. */
  readonly because: 'absent' | 'wrong' | 'slow';
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

/**
 * Registers kernels for a backend, in place of its own where it has them. A kernel keeps the set-up of the one that it
 * replaces, since that is still called.
 */
export function provide(backendName: string, compositions: readonly Composition[]): void {
  for (const { kernelName, run } of compositions) {
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
  }
}
