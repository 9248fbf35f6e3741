import type * as tf from '@tensorflow/tfjs-core';
import { customOp, type Gradient } from '../gradients/custom-op.js';
import type { Kernel } from './own.js';

/** The gradients of a kernel's inputs by name; of one that is left out nothing flows back. */
export type Gradients<Inputs extends object> = { readonly [Name in keyof Inputs]?: Gradient | undefined };

/** What the backward pass of a kernel has. */
export interface Backward<Inputs extends object, Attributes extends object> {
  /** The gradient of the kernel's first output. */
  readonly dy: tf.Tensor;
  readonly inputs: Inputs;
  /** What the kernel gave, the first output first. */
  readonly outputs: readonly tf.Tensor[];
  readonly attrs: Attributes;
}

/**
 * A kernel as an operation that can be differentiated: gives its first output. `constants` are inputs through which no
 * gradient flows, such as indices.
 *
 * `backward` may itself be differentiated when it is made of kernels with references and of operations with gradients; it is then
 * given outputs that depend on the inputs.
 */
export function differentiable<Inputs extends object, Attributes extends object>(
  kernel: Kernel<Inputs, Attributes>,
  constants: ReadonlyArray<keyof Inputs & string>,
  backward: (given: Backward<Inputs, Attributes>) => Gradients<Inputs>,
): (inputs: Inputs, attrs: Attributes) => tf.Tensor {
  return (given, attrs) => {
    const present = Object.entries(given as Record<string, tf.Tensor | null | undefined>).filter(
      (entry): entry is [string, tf.Tensor] => entry[1] != null,
    );
    const fixed = present.filter(([name]) => constants.includes(name as keyof Inputs & string));
    const moving = present.filter((entry) => !fixed.includes(entry));
    const named = (values: readonly tf.Tensor[], others: readonly tf.Tensor[]): Inputs =>
      Object.fromEntries([
        ...moving.map(([name], i) => [name, values[i]!]),
        ...fixed.map(([name], i) => [name, others[i]!]),
      ]) as Inputs;
    return customOp(
      moving.map(([, tensor]) => tensor),
      (...values) => {
        const outputs = kernel.run(
          named(
            values,
            fixed.map(([, tensor]) => tensor),
          ),
          attrs,
        );
        return { value: outputs[0]!, saved: outputs };
      },
      (dy, values, saved, others) => {
        const inputs = named(values, others);
        const outputs = saved ?? kernel.run(inputs, attrs);
        const gradients = backward({ dy, inputs, outputs, attrs }) as Record<string, Gradient | undefined>;
        return moving.map(([name]) => gradients[name] ?? noGradient(name));
      },
      fixed.map(([, tensor]) => tensor),
    );
  };
}

function noGradient(name: string): () => never {
  return () => {
    throw new Error(`a kernel's backward pass gave no gradient of '${name}', which is not among its constants`);
  };
}
