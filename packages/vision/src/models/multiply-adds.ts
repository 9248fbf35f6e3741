import type * as tf from '@tensorflow/tfjs-core';
import { Conv2d, ConvTranspose2d, Linear, scope, type Module } from '@hourglass/core';

/**
 * Multiply-adds of the convolutions and linear layers in one forward pass, by what they compute, whatever the backend makes of it.
 * @param run calls the model, for instance `() => model.forward(x)`; its result is disposed
 */
export function countMultiplyAdds(model: Module, run: () => unknown): number {
  let count = 0;
  const counted: Array<Conv2d | ConvTranspose2d | Linear> = [];
  for (const [, module] of model.namedModules()) {
    if (module instanceof Conv2d || module instanceof ConvTranspose2d || module instanceof Linear) counted.push(module);
  }
  for (const module of counted) {
    const forward = module.forward.bind(module);
    module.forward = (x: tf.Tensor): tf.Tensor => {
      const y = forward(x);
      // memory layouts end in [in, out]; transposed ones in [out, in], and there every input value meets the whole kernel
      const [transposed, weights] = [module instanceof ConvTranspose2d, module.weight.variable.size];
      count += ((transposed ? x.size : y.size) * weights) / module.weight.shape.at(-1)!;
      return y;
    };
  }
  try {
    scope(() => {
      run();
    });
  } finally {
    for (const module of counted) Reflect.deleteProperty(module, 'forward');
  }
  return count;
}
