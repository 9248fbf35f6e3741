import { check, functional, losses, scope, withoutGradient } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { TransducerLattice } from './lattice.js';
import { occupations, pathLoss, sumPaths, type Edges } from './recursion.js';
import { blankOf, numbers, paddedTargets } from './targets.js';

/** Scores of classes whose sum a trivial joiner would take for logits. */
export interface SimpleScores {
  /** float32 [N, T, V] of the encoder: the acoustic part. */
  readonly am: tf.Tensor;
  /** float32 [N, U + 1, V] of the predictor: the language part. */
  readonly lm: tf.Tensor;
}

export interface SimpleLossOptions extends losses.ReductionOptions {
  /** The label for "on to the next frame"; negative counts from the last class. Default -1. */
  readonly blank?: number;
  /** Share of the log probabilities by the language part alone. Default 0.25, the paper's. */
  readonly lmOnlyScale?: number;
  /** Share by the acoustic part, with the mean language part in place of its own. Default 0. */
  readonly amOnlyScale?: number;
}

/**
 * The transducer loss with a joiner that only adds (Kuang et al. 2022, arXiv:2206.13236, with its smoothing): it needs no tensor of frames × labels
 * × classes, as the sum over classes is a matrix product.
 *
 * @param targets labels [N, U], or all utterances' labels one after another; never the blank
 * @param frameLengths N lengths from 1 to T @param labelLengths N lengths up to U
 * @returns `loss`, a scalar or with reduction 'none' [N]; `occupations`, how likely paths go over each edge, as constants
 * @throws InvalidArgumentError for shapes, lengths, labels and scales that do not fit
 */
export function rnntSimpleLoss(
  { am, lm }: SimpleScores,
  targets: losses.Integers,
  frameLengths: losses.Integers,
  labelLengths: losses.Integers,
  options: SimpleLossOptions = {},
): { readonly loss: tf.Tensor; readonly occupations: Edges } {
  const { lmOnlyScale = 0.25, amOnlyScale = 0, reduction = 'mean' } = options;
  losses.checkReduction(reduction);
  check(
    am.rank === 3 && lm.rank === 3 && am.shape[0] === lm.shape[0] && am.shape[2] === lm.shape[2],
    () =>
      `rnntSimpleLoss takes am [N, T, V] and lm [N, U + 1, V], got [${am.shape.join(', ')}] and [${lm.shape.join(', ')}]`,
  );
  check(
    lmOnlyScale >= 0 && amOnlyScale >= 0 && lmOnlyScale + amOnlyScale <= 1,
    `rnntSimpleLoss: lmOnlyScale ${lmOnlyScale} and amOnlyScale ${amOnlyScale} must be 0 or more, and 1 together at most`,
  );
  const [batch, frames, classes] = am.shape as [number, number, number];
  const width = lm.shape[1]!;
  const blank = blankOf(options.blank, classes);
  const lattice = new TransducerLattice([batch, frames, width], numbers(frameLengths), numbers(labelLengths));
  const labels = paddedTargets(targets, lattice.labelLengths, width, classes, blank);
  return scope(() => {
    const oneHot = tf.oneHot(tf.tensor2d(labels, [batch, width], 'int32'), classes, 1, 0, 'float32');
    const parts: Array<[number, Scores]> = [[1 - lmOnlyScale - amOnlyScale, joint(am, lm, oneHot, blank)]];
    if (lmOnlyScale > 0) parts.push([lmOnlyScale, languageAlone(lm, oneHot, blank)]);
    if (amOnlyScale > 0) parts.push([amOnlyScale, acousticAlone(am, lm, oneHot, blank, lattice)]);
    const mixed = (kind: keyof Scores): tf.Tensor =>
      parts.map(([scale, part]) => tf.mul(part[kind], scale)).reduce((a, b) => tf.add(a, b));
    const [b, all] = [mixed('blank'), mixed('label')].map((x) => tf.broadcastTo(x, [batch, frames, width]));
    const edges = { blank: b!, label: tf.slice(all!, [0, 0, 0], [batch, frames, width - 1]) };
    const paths = withoutGradient(() => sumPaths(edges, lattice));
    return {
      loss: losses.reduce(pathLoss(edges, lattice, paths), reduction),
      occupations: withoutGradient(() => occupations(edges, paths, lattice)),
    };
  });
}

/** Log probabilities of a node's blank and label, broadcast to [N, T, U + 1]. */
interface Scores {
  readonly blank: tf.Tensor;
  readonly label: tf.Tensor;
}

function blankScore(x: tf.Tensor, blank: number): tf.Tensor {
  return tf.slice(x, [0, 0, blank], [x.shape[0]!, x.shape[1]!, 1]);
}

/** exp(x - most) and most [N, L, 1]: a constant for the gradient, from which it falls out. */
function scaledExp(x: tf.Tensor): { readonly scaled: tf.Tensor; readonly most: tf.Tensor } {
  const most = functional.stopGradient(tf.max(x, 2, true));
  return { scaled: tf.exp(tf.sub(x, most)), most };
}

/** Keeps a logarithm finite where all products underflow. */
const TINY = 1e-37;

function joint(am: tf.Tensor, lm: tf.Tensor, oneHot: tf.Tensor, blank: number): Scores {
  const [a, l] = [scaledExp(am), scaledExp(lm)];
  const across = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1]);
  const sums = tf.matMul(a.scaled, l.scaled, false, true);
  const normalizer = tf.add(tf.add(tf.log(tf.add(sums, TINY)), a.most), across(l.most));
  const ofLabel = tf.add(tf.matMul(am, oneHot, false, true), across(tf.sum(tf.mul(lm, oneHot), 2, true)));
  const ofBlank = tf.add(blankScore(am, blank), across(blankScore(lm, blank)));
  return { blank: tf.sub(ofBlank, normalizer), label: tf.sub(ofLabel, normalizer) };
}

function languageAlone(lm: tf.Tensor, oneHot: tf.Tensor, blank: number): Scores {
  const logs = tf.sub(lm, tf.logSumExp(lm, 2, true));
  const along = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1]);
  return { blank: along(blankScore(logs, blank)), label: along(tf.sum(tf.mul(logs, oneHot), 2, true)) };
}

/** With the mean over all histories of the batch in the language part's place. */
function acousticAlone(
  am: tf.Tensor,
  lm: tf.Tensor,
  oneHot: tf.Tensor,
  blank: number,
  lattice: TransducerLattice,
): Scores {
  const { batch, width, labelLengths } = lattice;
  const valid = new Float32Array(batch * width);
  labelLengths.forEach((length, n) => valid.fill(1, n * width, n * width + length + 1));
  const histories = labelLengths.reduce((sum, length) => sum + length + 1, 0);
  const weights = tf.div(tf.tensor3d(valid, [batch, width, 1]), histories);
  const unigram = tf.log(tf.add(tf.sum(tf.mul(tf.softmax(lm), weights), [0, 1], true), TINY));
  const scores = tf.add(am, unigram);
  const logs = tf.sub(scores, tf.logSumExp(scores, 2, true));
  return { blank: blankScore(logs, blank), label: tf.matMul(logs, oneHot, false, true) };
}
