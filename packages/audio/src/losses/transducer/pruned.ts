import { check, functional, losses, scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { edgeLogProbabilities } from './edges.js';
import { LOG_ZERO, TransducerLattice } from './lattice.js';
import { pathLoss, type Edges } from './recursion.js';
import { blankOf, numbers, paddedTargets } from './targets.js';

/** The labels that are looked at in each frame: a run of `range` of them, from `begin` on. */
export interface PruneRanges {
  /** int32 [N, T]: grows with the frames, from 0 to a run with the last label, and never by `range` or more. */
  readonly begin: tf.Tensor;
  readonly range: number;
}

/**
 * For each frame the run of labels that most paths of the simple loss go through (Kuang et al. 2022, arXiv:2206.13236).
 *
 * @param occupations of {@link rnntSimpleLoss}
 * @param range labels a frame, 2 or more; more are taken where a text is so dense that no path would be left, and fewer where
 *   there are not as many
 * @throws InvalidArgumentError for a range below 2
 */
export function pruneRanges(
  { blank, label }: Edges,
  frameLengths: losses.Integers,
  labelLengths: losses.Integers,
  range: number,
): PruneRanges {
  check(Number.isInteger(range) && range >= 2, `pruneRanges: a range of ${range} labels; paths need 2 or more`);
  const [batch, frames, width] = blank.shape as [number, number, number];
  const lattice = new TransducerLattice([batch, frames, width], numbers(frameLengths), numbers(labelLengths));
  const needed = lattice.labelLengths.map((length, n) => Math.floor((length - 1) / lattice.frameLengths[n]!) + 2);
  const kept = Math.min(Math.max(range, ...needed), width);
  return scope(() => {
    const runs = width - kept + 1;
    const window = new Float32Array(width * runs);
    for (let run = 0; run < runs; run++) for (let i = 0; i < kept; i++) window[(run + i) * runs + run] = 1;
    const within = tf.matMul(tf.reshape(blank, [batch * frames, width]), tf.tensor2d(window, [width, runs]));
    // paths that come into a run by a label from below it would be cut
    const entering = tf.pad(label, [
      [0, 0],
      [0, 0],
      [1, 0],
    ]);
    const lost = tf.reshape(tf.slice(entering, [0, 0, 0], [batch, frames, runs]), [batch * frames, runs]);
    const best = tf.reshape(tf.argMax(tf.sub(within, lost), 1), [batch, frames]);
    const last = lattice.labelLengths.map((length) => Math.max(length - kept + 1, 0));
    const ends = new Uint8Array(batch * frames);
    lattice.frameLengths.forEach((length, n) => ends.fill(1, n * frames + length - 1, (n + 1) * frames));
    const begin = tf.where(
      tf.tensor2d(ends, [batch, frames], 'bool'),
      tf.broadcastTo(tf.tensor2d(last, [batch, 1]), [batch, frames]),
      tf.cast(best, 'float32'),
    );
    return { begin: tf.cast(passable(begin, kept), 'int32'), range: kept };
  });
}

/** Lowers beginnings [N, T] until they never fall, and never rise by `range` or more, from 0 on. */
function passable(begin: tf.Tensor, range: number): tf.Tensor {
  const frames = begin.shape[1]!;
  const lowest = (x: tf.Tensor): tf.Tensor => tf.reverse(functional.cummin(tf.reverse(x, 1), 1), 1);
  // what must not rise faster than a line is what must not fall after the line is taken off and the sign turned
  const line = tf.mul(tf.range(0, frames), range - 1);
  const turned = (x: tf.Tensor): tf.Tensor => tf.sub(line, x);
  return turned(tf.relu(lowest(turned(lowest(begin)))));
}

/**
 * The encodings of labels that each frame looks at: float32 [N, T, range, D] of [N, U + 1, D].
 *
 * @throws InvalidArgumentError when batches differ
 */
export function pruneLabels(lm: tf.Tensor, { begin, range }: PruneRanges): tf.Tensor {
  const [batch, width, features] = lm.shape as [number, number, number];
  check(
    lm.rank === 3 && begin.shape[0] === batch,
    () =>
      `pruneLabels takes [N, U + 1, D] and ranges [N, T], got [${lm.shape.join(', ')}] and [${begin.shape.join(', ')}]`,
  );
  return scope(() => {
    const index = tf.add(nodes(begin, range), rows(batch, width));
    const flat = tf.gather(tf.reshape(lm, [batch * width, features]), tf.reshape(index, [-1]));
    return tf.reshape(flat, [batch, begin.shape[1]!, range, features]);
  });
}

/**
 * The transducer loss of a joiner that was evaluated within the ranges only: paths that leave them do not count, so that it is never below the full
 * loss, and equal to it where the ranges hold every label.
 *
 * @param logits float32 [N, T, range, V] of a joiner, unnormalised
 * @param targets labels [N, U], or all utterances' labels one after another; never the blank
 * @param frameLengths N lengths from 1 to T @param labelLengths N lengths
 * @returns a scalar, or with reduction 'none' [N]
 * @throws InvalidArgumentError for shapes, lengths and labels that do not fit
 */
export function rnntPrunedLoss(
  logits: tf.Tensor,
  targets: losses.Integers,
  ranges: PruneRanges,
  frameLengths: losses.Integers,
  labelLengths: losses.Integers,
  options: losses.ReductionOptions & { readonly blank?: number } = {},
): tf.Tensor {
  const { reduction = 'mean' } = options;
  losses.checkReduction(reduction);
  const { begin, range } = ranges;
  const [batch, frames] = begin.shape as [number, number];
  check(
    logits.rank === 4 && tf.util.arraysEqual(logits.shape.slice(0, 3), [batch, frames, range]),
    () =>
      `rnntPrunedLoss takes logits [N, T, range, V] with [N, T] = [${batch}, ${frames}] and a range of ${range}, got [${logits.shape.join(', ')}]`,
  );
  const classes = logits.shape[3]!;
  const blank = blankOf(options.blank, classes);
  const lengths = numbers(labelLengths);
  const width = Math.max(range - 1, ...lengths) + 1;
  const lattice = new TransducerLattice([batch, frames, width], numbers(frameLengths), lengths);
  const labels = paddedTargets(targets, lengths, width, classes, blank);
  return scope(() => {
    const index = tf.add(nodes(begin, range), rows(batch, width));
    const flat = tf.gather(tf.tensor1d(labels, 'int32'), tf.reshape(index, [-1]));
    const banded = edgeLogProbabilities(logits, tf.reshape(flat, [batch, frames, range]), blank);
    const edges = {
      blank: unbanded(banded.blank, begin, width),
      label: tf.slice(unbanded(banded.label, begin, width), [0, 0, 0], [batch, frames, width - 1]),
    };
    return losses.reduce(pathLoss(edges, lattice), reduction);
  });
}

/** int32 [N, T, range]: the labels of the runs. */
function nodes(begin: tf.Tensor, range: number): tf.Tensor {
  return tf.add(tf.expandDims(begin, 2), tf.range(0, range, 1, 'int32'));
}

/** int32 [N, 1, 1]: where the utterances begin in a table of `width` rows each. */
function rows(batch: number, width: number): tf.Tensor {
  return tf.tensor3d(
    Int32Array.from({ length: batch }, (_, n) => n * width),
    [batch, 1, 1],
    'int32',
  );
}

/** [N, T, range] laid out over all labels [N, T, width], log zero beside the runs. */
function unbanded(x: tf.Tensor, begin: tf.Tensor, width: number): tf.Tensor {
  const [batch, frames, range] = x.shape as [number, number, number];
  const at = tf.sub(tf.range(0, width, 1, 'int32'), tf.expandDims(begin, 2));
  const inside = tf.logicalAnd(tf.greaterEqual(at, 0), tf.less(at, range));
  const starts = Int32Array.from({ length: batch * frames }, (_, row) => row * range);
  const index = tf.add(at, tf.tensor3d(starts, [batch, frames, 1], 'int32'));
  const nothing = tf.fill(index.shape, x.size, 'int32');
  const source = tf.concat1d([tf.reshape(x, [-1]) as tf.Tensor1D, tf.tensor1d([LOG_ZERO])]);
  return tf.reshape(tf.gather(source, tf.reshape(tf.where(inside, index, nothing), [-1])), [batch, frames, width]);
}
