import type * as tf from '@tensorflow/tfjs-core';
import { Adam, scope, valueAndGradients, type Module } from '@hourglass/core';

/** Steps of Adam on the whole of the training data; the last loss. */
export function descend(module: Module, steps: number, loss: (step: number) => tf.Tensor, lr = 1e-2): number {
  const optimizer = new Adam(module.parameters(), { lr });
  let last = NaN;
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const { value, gradients } = valueAndGradients(() => loss(step), module.parameters());
      optimizer.step(gradients);
      if (step === steps - 1) last = value.dataSync()[0]!;
    });
  }
  optimizer.dispose();
  return last;
}
