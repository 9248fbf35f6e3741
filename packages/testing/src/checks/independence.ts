import { scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { CheckDefinition } from '../check.js';
import type { Batching, Outputs } from '../facts.js';
import { expectThat } from '../failure.js';
import { difference, namedOutputs, readOutputs, relativeTo, type Values } from '../outputs.js';
import { freeInput } from '../subject.js';

/** In evaluation an example gives the same alone as among others. */
export const independence: CheckDefinition = {
  rule: 'independence',
  name: 'treats each example of a batch as if it were alone',
  run: (subject) =>
    subject.withModel((model) => {
      model.eval();
      const batching = subject.facts.batching ?? alongFirstAxis<never>();
      const inputs = [21, 22, 23].map((seed) => subject.input(subject.usual, 1, seed));
      try {
        const alone = inputs.map((input) => perExample(subject.read(model, input)));
        const joined = batching.join(inputs);
        try {
          const together = scope(() =>
            batching.split(subject.forward(model, joined), inputs).map((part) => perExample(readOutputs(part))),
          );
          alone.forEach((expected, i) => {
            // sums over larger batches may run in another order
            const gap = difference(together[i]!, expected, relativeTo(expected.values(), 1e-4));
            expectThat(gap === null, () => `example ${i} among ${inputs.length} is not what it is alone: ${gap}`);
          });
        } finally {
          freeInput(joined);
        }
      } finally {
        for (const input of inputs) freeInput(input);
      }
    }),
};

/** Scalars are of a whole batch: a penalty, say. */
function perExample(outputs: ReadonlyMap<string, Values>): Map<string, Values> {
  return new Map(Array.from(outputs).filter(([, { shape }]) => shape.length > 0));
}

/** Tensors, alone or in arrays and plain objects, whose first axis counts the examples; other values are the first input's. */
function alongFirstAxis<Input>(): Batching<Input> {
  return {
    join: (inputs) => joinAt(inputs) as Input,
    split(outputs: Outputs, inputs) {
      const named = namedOutputs(outputs);
      return inputs.map((_, i) =>
        Object.fromEntries(
          Array.from(named, ([name, tensor]) => {
            if (tensor.rank === 0) return [name, tensor];
            expectThat(
              tensor.shape[0] === inputs.length,
              `an output of shape [${tensor.shape.join(', ')}] has not the examples along axis 0: give a \`batching\``,
            );
            return [name, tf.slice(tensor, [i], [1])];
          }),
        ),
      );
    },
  };
}

function joinAt(items: readonly unknown[]): unknown {
  const [first] = items;
  if (first instanceof tf.Tensor) return tf.concat(items as tf.Tensor[], 0);
  if (Array.isArray(first)) return first.map((_, i) => joinAt(items.map((item) => (item as unknown[])[i])));
  if (typeof first === 'object' && first !== null && Object.getPrototypeOf(first) === Object.prototype) {
    const parts = items as Array<Record<string, unknown>>;
    return Object.fromEntries(Object.keys(first).map((key) => [key, joinAt(parts.map((part) => part[key]))]));
  }
  return first;
}
