import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../memory.js';
import { Generator } from '../random/index.js';
import { compareValues, type Comparison, type Tolerance } from './compare.js';

export interface GradientCheckOptions extends Tolerance {
  /** Step of the central difference, relative to max(1, |x|). float32 wants about 1e-2. */
  readonly step?: number;
  /** Which inputs to differentiate; all float32 ones by default. */
  readonly wrt?: readonly number[];
  readonly seed?: number;
}

/** Elements of an input that are moved: each takes two evaluations, for which a GPU is waited each time. */
function mostProbes(): number {
  return tf.getBackend() === 'webgpu' ? 16 : Infinity;
}

/**
 * Checks the gradient of `fn` at `inputs` against central differences of sum(fn(inputs) * c), with a fixed random c.
 * Returns one comparison for each differentiated input, of some of its elements where reads take long. Inputs must lie away from kinks and ties.
 */
export function checkGradient(
  fn: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  options: GradientCheckOptions = {},
): Comparison[] {
  const { step = 1e-2, rtol = 1e-2, atol = 2e-3, seed = 7 } = options;
  const wrt = options.wrt ?? inputs.flatMap((input, i) => (input.dtype === 'float32' ? [i] : []));
  return scope(() => {
    const probe = fn(...inputs);
    const generator = new Generator(seed);
    const weights = Float64Array.from({ length: probe.size }, () => generator.uniform(-1, 1));
    const cotangent = tf.tensor(Float32Array.from(weights), probe.shape, 'float32');
    const gradients = tf.grads((...variables: tf.Tensor[]) => {
      const all = [...inputs];
      wrt.forEach((input, i) => (all[input] = variables[i]!));
      return tf.sum(tf.mul(fn(...all), cotangent));
    })(wrt.map((input) => inputs[input]!));
    return wrt.map((input, i) => {
      const values = Float32Array.from(inputs[input]!.dataSync());
      const exact = gradients[i]!.dataSync<'float32'>();
      // what is not probed counts as right
      const numeric = exact.slice();
      for (const at of generator.permutation(values.length).subarray(0, mostProbes())) {
        const x = values[at]!;
        const h = step * Math.max(1, Math.abs(x));
        const evaluate = (value: number): number =>
          tf.tidy(() => {
            const moved = values.slice();
            moved[at] = value;
            const all = [...inputs];
            all[input] = tf.tensor(moved, inputs[input]!.shape, 'float32');
            // summed in double precision, so that only fn's own rounding counts
            const result = fn(...all).dataSync<'float32'>();
            return result.reduce((sum, y, j) => sum + y * weights[j]!, 0);
          });
        const [high, low] = [Math.fround(x + h), Math.fround(x - h)];
        numeric[at] = (evaluate(high) - evaluate(low)) / (high - low);
      }
      return compareValues(exact, numeric, { rtol, atol });
    });
  });
}

/** Throws with the input's number when {@link checkGradient} finds a wrong gradient. */
export function expectGradient(
  fn: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  options?: GradientCheckOptions,
): void {
  checkGradient(fn, inputs, options).forEach((comparison, i) => {
    if (!comparison.ok) throw new Error(`gradient of input ${options?.wrt?.[i] ?? i}: ${comparison.message}`);
  });
}
