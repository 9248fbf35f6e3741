import { customOp, scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { LOG_ZERO, type TransducerLattice } from './lattice.js';

/** Log probabilities of a transducer's edges. */
export interface Edges {
  /** float32 [N, T, U + 1]: of going on to the next frame. */
  readonly blank: tf.Tensor;
  /** float32 [N, T, U]: of the next label. */
  readonly label: tf.Tensor;
}

/** Log sums over the beginnings and ends of paths, and what follows from them. */
export interface Paths {
  /** float32 [diagonals, 2 N, U + 1]; see {@link TransducerLattice}. */
  readonly table: tf.Tensor;
  /** float32 [N]: the log probability of the labels. */
  readonly logProbability: tf.Tensor;
}

/** The recursion of Graves 2012 in both directions at once, one step for each diagonal. */
export function sumPaths({ blank, label }: Edges, lattice: TransducerLattice): Paths {
  const { batch, width, diagonals } = lattice;
  return scope(() => {
    const flat = [blank, label].filter(({ size }) => size > 0).map((x) => tf.maximum(tf.reshape(x, [-1]), LOG_ZERO));
    const source = tf.concat1d([...(flat as tf.Tensor1D[]), tf.tensor1d([LOG_ZERO])]);
    const edges = tf.unstack(tf.reshape(tf.gather(source, lattice.incoming()), [2, diagonals, 2 * batch, width]));
    const [overBlank, overLabel] = edges.map((x) => tf.unstack(x)) as [tf.Tensor2D[], tf.Tensor2D[]];
    const last = tf.gather(source, lattice.lastBlanks());
    // paths begin with nothing, and end with a blank of the last frame
    const first = tf.expandDims(tf.concat([tf.zeros([batch]), last], 0), 1);
    const rows: tf.Tensor2D[] = [padLast(first, width)];
    for (let d = 1; d < diagonals; d++) {
      const before = rows.at(-1)!;
      rows.push(
        scope(() => {
          const step = tf.add(shifted(before, width), overLabel[d]!);
          return logAddExp(tf.add(before, overBlank[d]!), step) as tf.Tensor2D;
        }),
      );
    }
    const table = tf.stack(rows);
    return { table, logProbability: tf.add(tf.gather(tf.reshape(table, [-1]), lattice.lastNodes()), last) };
  });
}

/** How likely the paths go over each edge, given the labels: float32, 0 where there is no edge. */
export function occupations(edges: Edges, { table, logProbability }: Paths, lattice: TransducerLattice): Edges {
  return scope(() => {
    const source = tf.concat1d([tf.reshape(table, [-1]) as tf.Tensor1D, tf.tensor1d([LOG_ZERO, 0])]);
    const total = tf.reshape(logProbability, [-1, 1, 1]);
    const of = (edge: tf.Tensor, labels: boolean): tf.Tensor => {
      if (edge.size === 0) return tf.zeros(edge.shape);
      const [from, to] = lattice.ends(labels).map((index) => tf.reshape(tf.gather(source, index), edge.shape));
      const joint = tf.sub(tf.add(tf.add(from!, tf.maximum(edge, LOG_ZERO)), to!), total);
      // where there is no path at all, the difference of two log zeros says nothing
      const possible = tf.greater(tf.add(joint, total), LOG_ZERO / 2);
      return tf.where(possible, tf.exp(tf.minimum(joint, 0)), tf.zerosLike(joint));
    };
    return { blank: of(edges.blank, false), label: of(edges.label, true) };
  });
}

/** float32 [N]: minus the log probability; infinity where no path is possible. */
export function lossOf(logProbability: tf.Tensor): tf.Tensor {
  return scope(() => {
    const impossible = tf.less(logProbability, LOG_ZERO / 2);
    return tf.where(impossible, tf.fill(logProbability.shape, Infinity), tf.neg(logProbability));
  });
}

/**
 * Minus the log probability of the labels, summed over all paths: float32 [N], differentiable in both log probabilities. The gradient is minus
 * each edge's occupation.
 *
 * @param known the sums of these edges, where the caller has them
 */
export function pathLoss({ blank, label }: Edges, lattice: TransducerLattice, known: Paths | null = null): tf.Tensor {
  return customOp(
    [blank, label],
    (blank, label) => {
      const { table, logProbability } = known ?? sumPaths({ blank: blank!, label: label! }, lattice);
      return { value: lossOf(logProbability), saved: known === null ? [table, logProbability] : [] };
    },
    (dy, [blank, label], saved, constants) => {
      const edges = { blank: blank!, label: label! };
      const [table, logProbability] = known === null ? (saved ?? []) : constants;
      const paths =
        saved === null || table === undefined ? sumPaths(edges, lattice) : { table, logProbability: logProbability! };
      const weight = tf.reshape(tf.neg(dy), [-1, 1, 1]);
      const taken = occupations(edges, paths, lattice);
      return [tf.mul(taken.blank, weight), tf.mul(taken.label, weight)];
    },
    known === null ? [] : [known.table, known.logProbability],
  );
}

function logAddExp(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const most = tf.maximum(a, b);
  return tf.add(most, tf.log1p(tf.exp(tf.sub(tf.minimum(a, b), most))));
}

/** [rows, 1] as the first column of [rows, width], log zero elsewhere. */
function padLast(x: tf.Tensor, width: number): tf.Tensor2D {
  return tf.pad2d(
    x as tf.Tensor2D,
    [
      [0, 0],
      [0, width - 1],
    ],
    LOG_ZERO,
  );
}

/** Each row moved by one, so that a label's place holds what stood at the one before. */
function shifted(x: tf.Tensor2D, width: number): tf.Tensor2D {
  if (width === 1) return tf.fill(x.shape, LOG_ZERO);
  return tf.pad2d(
    tf.slice2d(x, [0, 0], [x.shape[0], width - 1]),
    [
      [0, 0],
      [1, 0],
    ],
    LOG_ZERO,
  );
}
