import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import { selectiveScanChunk as chunk } from './chunk.js';
import type { SelectiveScanAttrs, SelectiveScanGradInputs, SelectiveScanInputs } from './spec.js';

/*
 * Time is walked in chunks; within one, doubling makes all states at once: after the round of stride s, b_t is the part of the
 * state that the 2s steps up to t brought, and a_t is what the state before them is multiplied by. Tensors within
 * a chunk are [B, T, D, N].
 */

/** Step sizes, [B, L, D]. */
function stepSizes({ delta, deltaBias }: SelectiveScanInputs, { deltaSoftplus }: SelectiveScanAttrs): tf.Tensor {
  const shifted = deltaBias == null ? delta : tf.add(delta, deltaBias);
  return deltaSoftplus ? tf.softplus(shifted) : shifted;
}

const silu = (z: tf.Tensor): tf.Tensor => tf.mul(z, tf.sigmoid(z));

/** x [B, L, …] from step `first` on, `count` steps. */
function during(x: tf.Tensor, first: number, count: number): tf.Tensor {
  const rest = x.shape.slice(2);
  return tf.slice(x, [0, first, ...rest.map(() => 0)], [x.shape[0]!, count, ...rest]);
}

/** Rows of groups [B, T, G, N] for every channel: [B, T, D, N], or [B, T, 1, N] where there is one group. */
function perChannel(rows: tf.Tensor, channels: number): tf.Tensor {
  const [batch, steps, groups, states] = rows.shape as [number, number, number, number];
  if (groups === 1 || groups === channels) return rows;
  const each = tf.tile(tf.expandDims(rows, 3), [1, 1, 1, channels / groups, 1]);
  return tf.reshape(each, [batch, steps, channels, states]);
}

/** Sums over the channels of each group: [B, T, D, N] to [B, T, G, N]. */
function perGroup(x: tf.Tensor, groups: number): tf.Tensor {
  const [batch, steps, channels, states] = x.shape as [number, number, number, number];
  if (groups === channels) return x;
  return tf.sum(tf.reshape(x, [batch, steps, groups, channels / groups, states]), 3);
}

/** All x_t = a_t x_(t-1) + b_t along axis 1, from x = 0; with `backwards` from x_(t+1). */
function accumulate(a: tf.Tensor, b: tf.Tensor, backwards: boolean): tf.Tensor {
  const length = b.shape[1]!;
  let [factor, sum] = [a, b];
  for (let stride = 1; stride < length; stride *= 2) {
    const rest = length - stride;
    // steps that have one before them, that one, and those that have none
    const [later, before, edge] = backwards ? [0, stride, rest] : [stride, 0, 0];
    const joined = (moved: tf.Tensor, whole: tf.Tensor): tf.Tensor => {
      const left = during(whole, edge, stride);
      return tf.concat(backwards ? [moved, left] : [left, moved], 1);
    };
    const own = during(factor, later, rest);
    const next = joined(tf.add(during(sum, later, rest), tf.mul(own, during(sum, before, rest))), sum);
    if (stride * 2 < length) factor = joined(tf.mul(own, during(factor, before, rest)), factor);
    sum = next;
  }
  return sum;
}

/** What the steps of a chunk multiply the states by and add to them, and the states, [B, T, D, N]. */
interface Chunk {
  readonly first: number;
  readonly count: number;
  readonly decay: tf.Tensor;
  /** [B, T, D, 1] */
  readonly step: tf.Tensor;
  readonly input: tf.Tensor;
  /** B and C for every channel. */
  readonly B: tf.Tensor;
  readonly C: tf.Tensor;
  readonly states: tf.Tensor;
}

function runChunk(inputs: SelectiveScanInputs, steps: tf.Tensor, before: tf.Tensor, first: number): Chunk {
  const channels = inputs.u.shape[2]!;
  const count = Math.min(chunk, inputs.u.shape[1]! - first);
  const step = tf.expandDims(during(steps, first, count), 3);
  const input = tf.expandDims(during(inputs.u, first, count), 3);
  const [B, C] = [inputs.B, inputs.C].map((rows) => perChannel(during(rows, first, count), channels)) as [
    tf.Tensor,
    tf.Tensor,
  ];
  const decay = tf.exp(tf.mul(step, inputs.A));
  const added = tf.mul(tf.mul(step, input), B);
  // what is left of the state before is part of what the first step adds
  const carried = tf.mul(during(decay, 0, 1), tf.expandDims(before, 1));
  const start = tf.add(during(added, 0, 1), carried);
  const states = accumulate(decay, count === 1 ? start : tf.concat([start, during(added, 1, count - 1)], 1), false);
  return { first, count, decay, step, input, B, C, states };
}

/** The state after the last step of some states [B, T, D, N]. */
const lastOf = (states: tf.Tensor): tf.Tensor =>
  tf.reshape(during(states, states.shape[1]! - 1, 1), [states.shape[0]!, ...states.shape.slice(2)]);

/** C · h + D u, [B, T, D]. */
function readOut({ first, count, C, states }: Chunk, { u, D }: SelectiveScanInputs): tf.Tensor {
  const read = tf.sum(tf.mul(C, states), 3);
  return D == null ? read : tf.add(read, tf.mul(during(u, first, count), D));
}

function firstState({ u, A, initialState }: SelectiveScanInputs): tf.Tensor {
  return initialState ?? tf.zeros([u.shape[0]!, u.shape[2]!, A.shape[1]!]);
}

export function selectiveScan(inputs: SelectiveScanInputs, attrs: SelectiveScanAttrs): tf.Tensor[] {
  const { u, A, z } = inputs;
  const [batch, length, channels] = u.shape as [number, number, number];
  const states = A.shape[1]!;
  if (u.size === 0) {
    const chunks = Math.ceil(length / chunk);
    return [tf.zeros(u.shape), tf.clone(firstState(inputs)), tf.zeros([batch, chunks, states, channels])];
  }
  const steps = stepSizes(inputs, attrs);
  let state = firstState(inputs);
  const [kept, read]: [tf.Tensor[], tf.Tensor[]] = [[], []];
  for (let first = 0; first < length; first += chunk) {
    kept.push(tf.expandDims(tf.transpose(state, [0, 2, 1]), 1));
    const [y, next] = scope((): [tf.Tensor, tf.Tensor] => {
      const part = runChunk(inputs, steps, state, first);
      return [readOut(part, inputs), lastOf(part.states)];
    });
    read.push(y);
    state = next;
  }
  const y = tf.concat(read, 1);
  return [z == null ? y : tf.mul(y, silu(z)), state, tf.concat(kept, 1)];
}

/** What one chunk brings to the gradients, and the gradient of the state before it. */
interface ChunkGradients {
  readonly u: tf.Tensor;
  /** By the step sizes. */
  readonly steps: tf.Tensor;
  readonly A: tf.Tensor;
  readonly B: tf.Tensor;
  readonly C: tf.Tensor;
  /** What was read out before the gate. */
  readonly y: tf.Tensor;
  readonly carried: tf.Tensor;
}

/** `upstream` [B, T, D] is the gradient of what is read out, `carried` [B, D, N] that of the state after the chunk. */
function chunkGradients(
  inputs: SelectiveScanInputs,
  part: Chunk,
  before: tf.Tensor,
  upstream: tf.Tensor,
  carried: tf.Tensor,
): ChunkGradients {
  const { count, decay, step, input, B, C, states } = part;
  const groups = inputs.B.shape[2]!;
  const given = tf.expandDims(upstream, 3);
  const direct = tf.mul(given, C);
  const end = tf.add(during(direct, count - 1, 1), tf.expandDims(carried, 1));
  // each step's factor is that of the step after it; the last one's is not used
  const g =
    count === 1
      ? end
      : accumulate(
          tf.concat([during(decay, 1, count - 1), during(decay, 0, 1)], 1),
          tf.concat([during(direct, 0, count - 1), end], 1),
          true,
        );
  const start = tf.expandDims(before, 1);
  const previous = count === 1 ? start : tf.concat([start, during(states, 0, count - 1)], 1);
  // by Δ A, the exponent
  const exponent = tf.mul(tf.mul(g, previous), decay);
  const along = tf.sum(tf.mul(g, B), 3, true);
  const skipped = inputs.D == null ? null : tf.mul(upstream, inputs.D);
  const du = tf.squeeze(tf.mul(along, step), [3]);
  return {
    u: skipped === null ? du : tf.add(du, skipped),
    steps: tf.add(tf.sum(tf.mul(exponent, inputs.A), 3), tf.squeeze(tf.mul(along, input), [3])),
    A: tf.sum(tf.mul(exponent, step), [0, 1]),
    B: perGroup(tf.mul(g, tf.mul(step, input)), groups),
    C: perGroup(tf.mul(given, states), groups),
    y: readOut(part, inputs),
    carried: lastOf(tf.mul(during(g, 0, 1), during(decay, 0, 1))),
  };
}

export function selectiveScanGrad(inputs: SelectiveScanGradInputs, attrs: SelectiveScanAttrs): tf.Tensor[] {
  const { u, A, B, C, D, z, delta, deltaBias, initialState, dy, dstate, kept } = inputs;
  const [, length, channels] = u.shape as [number, number, number];
  if (u.size === 0) {
    const optional = [D, z, deltaBias].filter((given) => given != null);
    const none = [u, delta, A, B, C, ...optional].map((given) => tf.zerosLike(given));
    return initialState == null ? none : [...none, dstate == null ? tf.zerosLike(initialState) : tf.clone(dstate)];
  }
  const steps = stepSizes(inputs, attrs);
  const upstream = z == null ? dy : tf.mul(dy, silu(z));
  let carried: tf.Tensor = dstate ?? tf.zeros([u.shape[0]!, channels, A.shape[1]!]);
  let dA: tf.Tensor = tf.zeros(A.shape);
  const parts: ChunkGradients[] = [];
  for (let number = Math.ceil(length / chunk) - 1; number >= 0; number--) {
    const part = scope(() => {
      const before = tf.transpose(tf.squeeze(during(kept, number, 1), [1]), [0, 2, 1]);
      const states = runChunk(inputs, steps, before, number * chunk);
      const found = chunkGradients(inputs, states, before, during(upstream, states.first, states.count), carried);
      return { ...found, A: tf.add(dA, found.A) };
    });
    ({ carried, A: dA } = part);
    parts.unshift(part);
  }
  const whole = (name: keyof ChunkGradients): tf.Tensor =>
    tf.concat(
      parts.map((part) => part[name]),
      1,
    );
  const perRaw = whole('steps');
  const raw = deltaBias == null ? delta : tf.add(delta, deltaBias);
  const ddelta = attrs.deltaSoftplus ? tf.mul(perRaw, tf.sigmoid(raw)) : perRaw;
  const gradients = [whole('u'), ddelta, dA, whole('B'), whole('C')];
  if (D != null) gradients.push(tf.sum(tf.mul(upstream, u), [0, 1]));
  if (z != null) {
    const open = tf.sigmoid(z);
    const slope = tf.mul(open, tf.add(1, tf.mul(z, tf.sub(1, open))));
    gradients.push(tf.mul(tf.mul(dy, whole('y')), slope));
  }
  if (deltaBias != null) gradients.push(tf.sum(ddelta, [0, 1]));
  if (initialState != null) gradients.push(carried);
  return gradients;
}
