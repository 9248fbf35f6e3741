import * as tf from '@tensorflow/tfjs-core';
import type { AttentionAttributes } from './spec.js';

type Info = Pick<tf.TensorInfo, 'shape' | 'dtype'>;

/** The sizes of an attention, checked. */
export interface AttentionLayout {
  /** Leading axes before heads and lengths, and their number of elements. */
  readonly lead: readonly number[];
  readonly batch: number;
  /** Heads of the queries, and of keys and values. */
  readonly heads: number;
  readonly groups: number;
  readonly length: number;
  readonly keys: number;
  /** Numbers of a query and a key, and of a value. */
  readonly features: number;
  readonly outputs: number;
  /** The shape of the result, and that of the log-sum-exp. */
  readonly shape: readonly number[];
  readonly rows: readonly number[];
  /** The shape of the scores, [..., H, L, S], or [L, S] for tensors without heads. */
  readonly scores: readonly number[];
  /** How far a step on each axis of [...lead, H, L, S] goes in the mask: 0 where it is broadcast. */
  readonly maskStrides: readonly number[];
}

/** Null for tensors that do not fit each other, and for those that the kernels' specification leaves out. */
export function attentionLayout(
  inputs: { q: Info; k: Info; v: Info; mask?: Info | null | undefined; kept?: Info | null | undefined },
  { headsLast }: Pick<AttentionAttributes, 'headsLast'>,
): AttentionLayout | null {
  const { q, k, v, mask, kept } = inputs;
  const { length: rank } = q.shape;
  if (rank < (headsLast ? 3 : 2)) return null;
  if (![q, k, v].every((x) => x.dtype === 'float32' && x.shape.length === rank)) return null;
  const lead = q.shape.slice(0, -3);
  if (![k, v].every((x) => tf.util.arraysEqual(x.shape.slice(0, -3), lead))) return null;
  const sizes = ({ shape }: Info): [heads: number, length: number, features: number] => {
    const [a, b, features] = [shape.at(-3) ?? 1, shape.at(-2)!, shape.at(-1)!];
    return headsLast ? [b, a, features] : [a, b, features];
  };
  const [[heads, length, features], [groups, keys, keyFeatures], [valueHeads, values, outputs]] = [
    sizes(q),
    sizes(k),
    sizes(v),
  ];
  if (keyFeatures !== features || values !== keys || valueHeads !== groups) return null;
  if (groups !== heads && (groups === 0 || heads % groups !== 0)) return null;
  const rows = rank > 2 ? [...lead, heads, length] : [length];
  const scores = [...rows, keys];
  if (kept != null && (kept.dtype !== 'bool' || tf.util.sizeFromShape(kept.shape) !== tf.util.sizeFromShape(scores)))
    return null;
  const maskStrides = mask == null ? scores.map(() => 0) : stridesIn(mask, scores);
  if (maskStrides === null) return null;
  return {
    lead,
    batch: tf.util.sizeFromShape(lead),
    heads,
    groups,
    length,
    keys,
    features,
    outputs,
    shape: [...q.shape.slice(0, -1), outputs],
    rows,
    scores,
    maskStrides: rank > 2 ? maskStrides : [0, ...maskStrides],
  };
}

/** Null where a mask does not broadcast to `full`. */
function stridesIn({ shape, dtype }: Info, full: readonly number[]): number[] | null {
  const strides = full.map(() => 0);
  const offset = full.length - shape.length;
  if (offset < 0 || (dtype !== 'bool' && dtype !== 'float32')) return null;
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    if (size !== 1 && size !== full[axis + offset]) return null;
    if (size !== 1) strides[axis + offset] = step;
    step *= size;
  }
  return strides;
}
