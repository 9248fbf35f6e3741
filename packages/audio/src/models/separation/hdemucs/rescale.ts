import * as tf from '@tensorflow/tfjs-core';
import { Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, scope, type Module, type Parameter } from '@hourglass/core';

const kinds = [Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d];

/** Brings the first weights of each convolution nearer to a standard deviation of 0.1, as Demucs starts. */
export function rescaleConvolutions(model: Module): void {
  for (const [, module] of model.namedModules()) {
    if (!kinds.some((kind) => module instanceof kind)) continue;
    const { weight, bias } = module as Conv1d;
    const factor = Math.sqrt(0.1 / deviation(weight));
    if (!Number.isFinite(factor)) continue;
    scope(() => {
      weight.assign(tf.mul(weight.value, factor));
      bias?.assign(tf.mul(bias.value, factor));
    });
  }
}

function deviation(weight: Parameter): number {
  const values = weight.value.dataSync<'float32'>();
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
