import * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../../gradients/custom-op.js';
import { RnnScan, RnnScanGradient } from '../../kernels/scan/spec.js';
import { scope } from '../../memory.js';
import { previous, product, steps, weightGradient } from './scan.js';

export type Nonlinearity = 'tanh' | 'relu';

/**
 * h = act(gates + h' weight) over time.
 * @param gates [T, B, H]: all that the input and the biases add. @param weight [H, H]. @param h0 [B, H].
 * @returns [T, B, H].
 */
export function rnnScan(gates: tf.Tensor, weight: tf.Tensor, h0: tf.Tensor, nonlinearity: Nonlinearity): tf.Tensor {
  const activate = nonlinearity === 'tanh' ? tf.tanh : tf.relu;
  const run = (x: tf.Tensor, w: tf.Tensor, first: tf.Tensor): tf.Tensor =>
    scope(() => {
      const states: tf.Tensor[] = [];
      for (const gate of steps(x)) {
        const h = states.at(-1) ?? first;
        states.push(scope(() => activate(tf.add(gate, product(h, w)))));
      }
      return tf.stack(states);
    });
  return customOp(
    [gates, weight, h0],
    (x, w, first) => {
      const own = RnnScan.run({ gates: x!, weight: w!, h0: first! }, { nonlinearity });
      const value = own?.[0] ?? run(x!, w!, first!);
      return { value, saved: [value] };
    },
    (dy, [x, w, first], saved) =>
      scope(() => {
        const own = saved && RnnScanGradient.run({ dy, states: saved[0]!, weight: w!, h0: first! }, { nonlinearity });
        if (own !== null) return own;
        const states = saved?.[0] ?? run(x!, w!, first!);
        const slopes = steps(nonlinearity === 'tanh' ? tf.sub(1, tf.square(states)) : tf.step(states));
        const back = tf.transpose(w!);
        const upstream = steps(dy);
        const gradients: tf.Tensor[] = [];
        let carried: tf.Tensor = tf.zerosLike(first!);
        for (let t = slopes.length - 1; t >= 0; t--) {
          const inner = tf.mul(tf.add(upstream[t]!, carried), slopes[t]!);
          gradients.unshift(inner);
          carried = product(inner, back);
        }
        const all = tf.stack(gradients);
        return [all, weightGradient(previous(first!, states), all), carried];
      }),
  );
}
