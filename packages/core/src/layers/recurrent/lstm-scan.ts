import * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../../gradients/custom-op.js';
import { LstmScan, LstmScanGradient } from '../../kernels/scan/spec.js';
import { scope } from '../../memory.js';
import { previous, product, steps, weightGradient } from './scan.js';

/** States of every step. */
export interface LstmStates {
  /** [T, B, H], or [T, B, P] with a projection. */
  readonly h: tf.Tensor;
  /** [T, B, H] */
  readonly c: tf.Tensor;
}

/**
 * Long short-term memory over time, with torch's gates i, f, g, o: c = f c' + i g, h = o tanh(c), and with a projection h = (o tanh(c)) R.
 * @param gates [T, B, 4H]: all that the input and the biases add. @param weight [P, 4H]. @param h0 [B, P]. @param c0 [B, H].
 * @param projection R [H, P], or null where P = H.
 */
export function lstmScan(
  gates: tf.Tensor,
  weight: tf.Tensor,
  h0: tf.Tensor,
  c0: tf.Tensor,
  projection: tf.Tensor | null,
): LstmStates {
  const inputs = projection === null ? [gates, weight, h0, c0] : [gates, weight, h0, c0, projection];
  // one output, because a TFJS operation with its own gradient has one
  const both = customOp(
    inputs,
    (x, w, h, c, r) => {
      const own = LstmScan.run({ gates: x!, weight: w!, h0: h!, c0: c!, projection: r }, {});
      if (own !== null) return { value: own[0]!, saved: own };
      const trace = run(x!, w!, h!, c!, r);
      return { value: tf.concat([trace.h, trace.c], -1), saved: traceList(trace) };
    },
    (dy, values, saved) => {
      const [, weight, h, c, r] = values;
      // a kernel of our own saves its states and one trace
      const own =
        saved?.length === 2
          ? LstmScanGradient.run(
              { dy, states: saved[0]!, trace: saved[1]!, weight: weight!, h0: h!, c0: c!, projection: r },
              {},
            )
          : null;
      return own ?? scope(() => backward(dy, values, saved));
    },
  );
  const [h, c] = tf.split(both, [h0.shape[1]!, c0.shape[1]!], -1) as [tf.Tensor, tf.Tensor];
  return { h, c };
}

/** Every step's states, gates and tanh(c), stacked over time. */
interface Trace extends LstmStates {
  readonly i: tf.Tensor;
  readonly f: tf.Tensor;
  readonly g: tf.Tensor;
  readonly o: tf.Tensor;
  readonly squashed: tf.Tensor;
}

const names = ['h', 'c', 'i', 'f', 'g', 'o', 'squashed'] as const satisfies ReadonlyArray<keyof Trace>;

function traceList(trace: Trace): tf.Tensor[] {
  return names.map((name) => trace[name]);
}

function run(x: tf.Tensor, w: tf.Tensor, h0: tf.Tensor, c0: tf.Tensor, projection: tf.Tensor | undefined): Trace {
  return scope(() => {
    const lists: Trace[] = [];
    for (const gate of steps(x)) {
      const { h, c } = lists.at(-1) ?? { h: h0, c: c0 };
      lists.push(
        scope((): Trace => {
          const sum = tf.add(gate, product(h, w));
          const [i, f, , o] = tf.split(tf.sigmoid(sum), 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
          const size = c.shape[1]!;
          const g = tf.tanh(tf.slice(sum, [0, 2 * size], [-1, size]));
          const cell = tf.add(tf.mul(f, c), tf.mul(i, g));
          const squashed = tf.tanh(cell);
          const out = tf.mul(o, squashed);
          return { h: projection === undefined ? out : product(out, projection), c: cell, i, f, g, o, squashed };
        }),
      );
    }
    const stacked = names.map((name) => [name, tf.stack(lists.map((step) => step[name]))]);
    return Object.fromEntries(stacked) as Trace & Record<string, tf.Tensor>;
  });
}

function backward(dy: tf.Tensor, inputs: readonly tf.Tensor[], saved: readonly tf.Tensor[] | null): tf.Tensor[] {
  const [x, w, h0, c0, projection] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor?];
  const [h, c, i, f, g, o, squashed] = (saved ?? traceList(run(x, w, h0, c0, projection))) as tf.Tensor[];
  const slope = (gate: tf.Tensor): tf.Tensor => tf.mul(gate, tf.sub(1, gate));
  // factors of dc, dc, dc and d(out) in the gradients before the activations of i, f, g, o
  const factors = steps(
    tf.concat(
      [
        tf.mul(g!, slope(i!)),
        tf.mul(previous(c0, c!), slope(f!)),
        tf.mul(i!, tf.sub(1, tf.square(g!))),
        tf.mul(squashed!, slope(o!)),
      ],
      -1,
    ),
  );
  const throughTanh = steps(tf.mul(o!, tf.sub(1, tf.square(squashed!))));
  const keeps = steps(f!);
  const [dhs, dcs] = tf.split(dy, [h0.shape[1]!, c0.shape[1]!], -1).map(steps) as [tf.Tensor2D[], tf.Tensor2D[]];
  const back = tf.transpose(w);
  const unproject = projection === undefined ? null : tf.transpose(projection);
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
  const gradients = [dGates, weightGradient(previous(h0, h!), dGates), dhNext, dcNext];
  if (projection === undefined) return gradients;
  return [...gradients, weightGradient(tf.mul(o!, squashed!), tf.stack(outputs))];
}
