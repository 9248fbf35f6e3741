import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import type { LstmGradientInputs, LstmInputs } from './spec.js';
import { previous, product, steps, weightGradient } from './steps.js';

/** One step's states and gates. */
interface Step {
  readonly h: tf.Tensor;
  readonly c: tf.Tensor;
  readonly gates: tf.Tensor;
}

export function lstmScan({ gates, weight, h0, c0, projection }: LstmInputs): tf.Tensor[] {
  const size = c0.shape[1]!;
  const all: Step[] = [];
  for (const gate of steps(gates)) {
    const { h, c } = all.at(-1) ?? { h: h0, c: c0 };
    all.push(
      scope((): Step => {
        const sum = tf.add(gate, product(h, weight));
        const [i, f, , o] = tf.split(tf.sigmoid(sum), 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const g = tf.tanh(tf.slice(sum, [0, 2 * size], [-1, size]));
        const cell = tf.add(tf.mul(f, c), tf.mul(i, g));
        const out = tf.mul(o, tf.tanh(cell));
        return { h: projection == null ? out : product(out, projection), c: cell, gates: tf.concat([i, f, g, o], 1) };
      }),
    );
  }
  const stacked = (name: keyof Step): tf.Tensor => tf.stack(all.map((step) => step[name]));
  return [tf.concat([stacked('h'), stacked('c')], -1), stacked('gates')];
}

export function lstmScanGradient(inputs: LstmGradientInputs): tf.Tensor[] {
  const { dy, states, trace, weight, h0, c0, projection } = inputs;
  const widths = [h0.shape[1]!, c0.shape[1]!];
  const [h, c] = tf.split(states, widths, -1) as [tf.Tensor, tf.Tensor];
  const [i, f, g, o] = tf.split(trace, 4, -1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const squashed = tf.tanh(c);
  const slope = (gate: tf.Tensor): tf.Tensor => tf.mul(gate, tf.sub(1, gate));
  // factors of dc, dc, dc and d(out) in the gradients before the activations of i, f, g, o
  const factors = steps(
    tf.concat(
      [
        tf.mul(g, slope(i)),
        tf.mul(previous(c0, c), slope(f)),
        tf.mul(i, tf.sub(1, tf.square(g))),
        tf.mul(squashed, slope(o)),
      ],
      -1,
    ),
  );
  const throughTanh = steps(tf.mul(o, tf.sub(1, tf.square(squashed))));
  const keeps = steps(f);
  const [dhs, dcs] = tf.split(dy, widths, -1).map(steps) as [tf.Tensor2D[], tf.Tensor2D[]];
  const back = tf.transpose(weight);
  const unproject = projection == null ? null : tf.transpose(projection);
  const outputs: tf.Tensor[] = [];
  const gates: tf.Tensor[] = [];
  let [dhNext, dcNext]: [tf.Tensor, tf.Tensor] = [tf.zerosLike(h0), tf.zerosLike(c0)];
  for (let t = factors.length - 1; t >= 0; t--) {
    const [dh, inner, carriedH, carriedC] = scope((): [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor] => {
      const outer = tf.add(dhs[t]!, dhNext);
      const dOut = unproject === null ? outer : product(outer, unproject);
      const dc = tf.add(tf.add(dcs[t]!, dcNext), tf.mul(dOut, throughTanh[t]!));
      const dGates = tf.mul(tf.concat([dc, dc, dc, dOut], 1), factors[t]!);
      return [outer, dGates, product(dGates, back), tf.mul(dc, keeps[t]!)];
    });
    outputs.unshift(dh);
    gates.unshift(inner);
    [dhNext, dcNext] = [carriedH, carriedC];
  }
  const dGates = tf.stack(gates);
  const gradients = [dGates, weightGradient(previous(h0, h), dGates), dhNext, dcNext];
  if (projection == null) return gradients;
  return [...gradients, weightGradient(tf.mul(o, squashed), tf.stack(outputs))];
}
