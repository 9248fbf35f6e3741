import * as tf from '@tensorflow/tfjs-core';
import { customOp } from '../../gradients/custom-op.js';
import { GruScan, GruScanGradient } from '../../kernels/scan/spec.js';
import { scope } from '../../memory.js';
import { previous, product, steps, weightGradient } from './scan.js';

/**
 * Gated recurrent unit over time, with torch's gates r, z, n:
 * n = tanh(gates_n + r (h' W_n + b_n)), h = (1 - z) n + z h'.
 * @param gates [T, B, 3H]: what the input and its bias add. @param weight [H, 3H]. @param bias [3H]. @param h0 [B, H].
 * @returns [T, B, H].
 */
export function gruScan(gates: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, h0: tf.Tensor): tf.Tensor {
  return customOp(
    [gates, weight, bias, h0],
    (x, w, b, first) => {
      const own = GruScan.run({ gates: x!, weight: w!, bias: b!, h0: first! }, {});
      if (own !== null) return { value: own[0]!, saved: own };
      const { states, ...trace } = run(x!, w!, b!, first!);
      return { value: states, saved: [states, trace.r, trace.z, trace.n, trace.hidden] };
    },
    (dy, [x, w, b, first], saved) =>
      // a kernel of our own saves its states and one trace
      (saved?.length === 2
        ? GruScanGradient.run({ dy, states: saved[0]!, trace: saved[1]!, weight: w!, h0: first! }, {})
        : null) ?? scope(() => backward(dy, [x!, w!, b!, first!], saved)),
  );
}

/** Every step's state, gates, and the recurrent part of n, [T, B, H] each. */
interface Trace {
  readonly states: tf.Tensor;
  readonly r: tf.Tensor;
  readonly z: tf.Tensor;
  readonly n: tf.Tensor;
  readonly hidden: tf.Tensor;
}

function run(x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, first: tf.Tensor): Trace {
  return scope(() => {
    const size = first.shape[1]!;
    const trace: Record<keyof Trace, tf.Tensor[]> = { states: [], r: [], z: [], n: [], hidden: [] };
    for (const gate of steps(x)) {
      const h = trace.states.at(-1) ?? first;
      const step = scope(() => {
        const recurrent = tf.add(product(h, w), b);
        const parts = [size * 2, size];
        const [gateRz, gateN] = tf.split(gate, parts, 1) as [tf.Tensor, tf.Tensor];
        const [recurrentRz, hidden] = tf.split(recurrent, parts, 1) as [tf.Tensor, tf.Tensor];
        const [r, z] = tf.split(tf.sigmoid(tf.add(gateRz, recurrentRz)), 2, 1) as [tf.Tensor, tf.Tensor];
        const n = tf.tanh(tf.add(gateN, tf.mul(r, hidden)));
        return { states: tf.add(n, tf.mul(z, tf.sub(h, n))), r, z, n, hidden };
      });
      for (const [name, list] of Object.entries(trace)) list.push(step[name as keyof Trace]);
    }
    const stacked = (name: keyof Trace): tf.Tensor => tf.stack(trace[name]);
    return {
      states: stacked('states'),
      r: stacked('r'),
      z: stacked('z'),
      n: stacked('n'),
      hidden: stacked('hidden'),
    };
  });
}

function backward(
  dy: tf.Tensor,
  [x, w, b, first]: readonly [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor],
  saved: readonly tf.Tensor[] | null,
): tf.Tensor[] {
  const [states, r, z, n, hidden] = saved ?? traceList(run(x, w, b, first));
  const before = previous(first, states!);
  // factors of dh in the gradients before each activation
  const toN = tf.mul(tf.sub(1, z!), tf.sub(1, tf.square(n!)));
  const toZ = tf.mul(tf.sub(before, n!), tf.mul(z!, tf.sub(1, z!)));
  const toR = tf.mul(tf.mul(toN, hidden!), tf.mul(r!, tf.sub(1, r!)));
  const toHidden = tf.mul(toN, r!);
  const factors = steps(tf.concat([toR, toZ, toHidden], -1));
  const [upstream, keeps] = [steps(dy), steps(z!)];
  const back = tf.transpose(w);
  const totals: tf.Tensor[] = [];
  const recurrents: tf.Tensor[] = [];
  let carried: tf.Tensor = tf.zerosLike(first);
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
  const size = first.shape[1]!;
  const dGates = tf.concat([tf.slice(dRecurrent, [0, 0, 0], [-1, -1, 2 * size]), tf.mul(tf.stack(totals), toN)], -1);
  return [dGates, weightGradient(before, dRecurrent), tf.sum(tf.sum(dRecurrent, 0), 0), carried];
}

function traceList({ states, r, z, n, hidden }: Trace): readonly tf.Tensor[] {
  return [states, r, z, n, hidden];
}
