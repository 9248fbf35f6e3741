import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import type { GruGradientInputs, GruInputs } from './spec.js';
import { previous, product, steps, weightGradient } from './steps.js';

export function gruScan({ gates, weight, bias, h0 }: GruInputs): tf.Tensor[] {
  const size = h0.shape[1]!;
  const [states, trace]: [tf.Tensor[], tf.Tensor[]] = [[], []];
  for (const gate of steps(gates)) {
    const h = states.at(-1) ?? h0;
    const [state, kept] = scope((): [tf.Tensor, tf.Tensor] => {
      const recurrent = tf.add(product(h, weight), bias);
      const parts = [size * 2, size];
      const [gateRz, gateN] = tf.split(gate, parts, 1) as [tf.Tensor, tf.Tensor];
      const [recurrentRz, hidden] = tf.split(recurrent, parts, 1) as [tf.Tensor, tf.Tensor];
      const rz = tf.sigmoid(tf.add(gateRz, recurrentRz));
      const [r, z] = tf.split(rz, 2, 1) as [tf.Tensor, tf.Tensor];
      const n = tf.tanh(tf.add(gateN, tf.mul(r, hidden)));
      return [tf.add(n, tf.mul(z, tf.sub(h, n))), tf.concat([rz, n, hidden], 1)];
    });
    states.push(state);
    trace.push(kept);
  }
  return [tf.stack(states), tf.stack(trace)];
}

export function gruScanGradient({ dy, states, trace, weight, h0 }: GruGradientInputs): tf.Tensor[] {
  const [r, z, n, hidden] = tf.split(trace, 4, -1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const before = previous(h0, states);
  // factors of dh in the gradients before each activation
  const toN = tf.mul(tf.sub(1, z), tf.sub(1, tf.square(n)));
  const toZ = tf.mul(tf.sub(before, n), tf.mul(z, tf.sub(1, z)));
  const toR = tf.mul(tf.mul(toN, hidden), tf.mul(r, tf.sub(1, r)));
  const toHidden = tf.mul(toN, r);
  const factors = steps(tf.concat([toR, toZ, toHidden], -1));
  const [upstream, keeps] = [steps(dy), steps(z)];
  const back = tf.transpose(weight);
  const totals: tf.Tensor[] = [];
  const recurrents: tf.Tensor[] = [];
  let carried: tf.Tensor = tf.zerosLike(h0);
  for (let t = factors.length - 1; t >= 0; t--) {
    const [total, recurrent, next] = scope((): [tf.Tensor, tf.Tensor, tf.Tensor] => {
      const dh = tf.add(upstream[t]!, carried);
      const inner = tf.mul(tf.concat([dh, dh, dh], 1), factors[t]!);
      return [dh, inner, tf.add(tf.mul(dh, keeps[t]!), product(inner, back))];
    });
    totals.unshift(total);
    recurrents.unshift(recurrent);
    carried = next;
  }
  const dRecurrent = tf.stack(recurrents);
  const size = h0.shape[1]!;
  const dGates = tf.concat([tf.slice(dRecurrent, [0, 0, 0], [-1, -1, 2 * size]), tf.mul(tf.stack(totals), toN)], -1);
  return [dGates, weightGradient(before, dRecurrent), tf.sum(tf.sum(dRecurrent, 0), 0), carried];
}
