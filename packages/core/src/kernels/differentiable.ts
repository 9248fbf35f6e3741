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
  /** What the kernel gave, the first output first; without that one where `usesValue` is false. */
  readonly outputs: readonly tf.Tensor[];
  readonly attrs: Attributes;
}

export interface DifferentiableOptions {
  /** Whether `backward` uses the first output, which is then kept until it runs. Default true. */
  readonly usesValue?: boolean;
}

/**
 * A kernel as an operation that can be differentiated: gives its first output. `constants` are inputs through which no
 * gradient flows, such as indices. `onOutputs` is called with all outputs in the forward pass; they are freed afterwards.
 *
 * `backward` may itself be differentiated when it is made of kernels with references and of operations with gradients; it is then
 * given outputs that depend on the inputs.
 */
export function differentiable<Inputs extends object, Attributes extends object>(
  kernel: Kernel<Inputs, Attributes>,
  constants: ReadonlyArray<keyof Inputs & string>,
  backward: (given: Backward<Inputs, Attributes>) => Gradients<Inputs>,
  { usesValue = true }: DifferentiableOptions = {},
): (inputs: Inputs, attrs: Attributes, onOutputs?: (outputs: readonly tf.Tensor[]) => void) => tf.Tensor {
  return (all, attrs, onOutputs) => {
    const present = Object.entries(all as Record<string, tf.Tensor | null | undefined>).filter(
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
        onOutputs?.(outputs);
        return { value: outputs[0]!, saved: usesValue ? outputs : outputs.slice(1) };
      },
      (dy, values, saved, others) => {
        const inputs = named(values, others);
        const given: Backward<Inputs, Attributes> = {
          dy,
          inputs,
          // computed again only where they are used
          get outputs() {
            if (saved === null) return kernel.run(inputs, attrs);
            return usesValue ? saved : [undefined as unknown as tf.Tensor, ...saved];
          },
          attrs,
        };
        const gradients = backward(given) as Record<string, Gradient | undefined>;
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
