import * as tf from '@tensorflow/tfjs-core';
import { Generator, normalTensor } from '@hourglass/core';
import type { Case } from './workload.js';

/**
 * A kernel by itself, as the layers call it.
 * @param shapes of its inputs, which get normal random values
 */
export function kernelCase(
  kernelName: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  attributes: object = {},
): Case {
  return {
    prepare() {
      const generator = new Generator(0);
      const inputs = Object.fromEntries(
        Object.entries(shapes).map(([name, shape]) => [name, normalTensor(shape, 0, 1, generator)]),
      );
      return {
        step: () => tf.dispose(tf.engine().runKernel(kernelName, inputs, attributes as tf.NamedAttrMap)),
        dispose: () => tf.dispose(inputs),
      };
    },
  };
}
