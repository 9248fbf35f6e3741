import * as tf from '@tensorflow/tfjs-core';
import { functional, losses } from '@hourglass/core';
import {
  opAdapter,
  type NamedTensors,
  type ParityAdapter,
  type ParityCase,
  type Runnable,
} from '@hourglass/core/testing';

type Args = Readonly<Record<string, unknown>>;
type Loss = (inputs: Readonly<NamedTensors>, args: Args) => tf.Tensor | NamedTensors;

/** Arguments that only describe the inputs. */
const descriptive = new Set(['note', 'pos_weight', 'weight']);

/** snake_case arguments of the reference as our options. */
function options(args: Args): Record<string, never> {
  const entries = Object.entries(args).filter(([name, value]) => value !== null && !descriptive.has(name));
  return Object.fromEntries(entries.map(([name, value]) => [camel(name), value])) as Record<string, never>;
}

const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** [N, C, ...] to [N, ..., C]. */
function channelsLast(x: tf.Tensor): tf.Tensor {
  return x.rank < 3 ? x : tf.transpose(x, [0, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 2), 1]);
}

const crossEntropy: Loss = ({ x, y, w }, args) => {
  const target = y!.dtype === 'float32' ? channelsLast(y!) : y!;
  return losses.crossEntropy(channelsLast(x!), target, { ...options(args), ...(w === undefined ? {} : { weight: w }) });
};

const pair =
  (loss: (x: tf.Tensor, y: tf.Tensor, options: Record<string, never>) => tf.Tensor): Loss =>
  (inputs, args) =>
    loss((inputs['x'] ?? inputs['a'])!, (inputs['y'] ?? inputs['b'])!, options(args));

const ctc: Loss = ({ x, t, il, tl }, args) => losses.ctc(tf.logSoftmax(x!, -1), t!, il!, tl!, options(args));

const ops: Record<string, Loss> = {
  cross_entropy: crossEntropy,
  'cross_entropy weighted': crossEntropy,
  'cross_entropy 2d': crossEntropy,
  'cross_entropy soft targets': crossEntropy,
  nll_loss: ({ x, y, w }, args) =>
    losses.nllLoss(channelsLast(x!), y!, { ...options(args), ...(w === undefined ? {} : { weight: w }) }),
  mse_loss: pair(losses.mse),
  l1_loss: pair(losses.l1),
  smooth_l1_loss: pair(losses.smoothL1),
  huber_loss: pair(losses.huber),
  soft_margin_loss: pair(losses.softMargin),
  binary_cross_entropy: ({ x, y, w }, args) =>
    losses.binaryCrossEntropy(x!, y!, { ...options(args), ...(w === undefined ? {} : { weight: w }) }),
  bce_with_logits: ({ x, y, w, pw }, args) =>
    losses.bceWithLogits(x!, y!, {
      ...options(args),
      ...(w === undefined ? {} : { weight: w }),
      ...(pw === undefined ? {} : { posWeight: pw }),
    }),
  kl_div: pair(losses.klDiv),
  cosine_embedding_loss: ({ a, b, y }, args) => losses.cosineEmbedding(a!, b!, y!, options(args)),
  margin_ranking_loss: ({ a, b, y }, args) => losses.marginRanking(a!, b!, y!, options(args)),
  triplet_margin_loss: ({ a, b, c }, args) => losses.tripletMargin(a!, b!, c!, options(args)),
  poisson_nll_loss: pair(losses.poissonNll),
  gaussian_nll_loss: ({ x, y, v }, args) => losses.gaussianNll(x!, y!, v!, options(args)),
  multi_margin_loss: ({ x, y, w }, args) =>
    losses.multiMargin(x!, y!, { ...options(args), ...(w === undefined ? {} : { weight: w }) }),
  hinge_embedding_loss: pair(losses.hingeEmbedding),
  multilabel_soft_margin_loss: ({ x, y, w }, args) =>
    losses.multilabelSoftMargin(x!, y!, { ...options(args), ...(w === undefined ? {} : { weight: w }) }),
  ctc_loss: ctc,
  'ctc_loss repeated labels': ctc,
  // the reference runs these with the mean of torchvision's losses
  'sigmoid focal': ({ x, y }, args) => losses.sigmoidFocal(x!, y!, { reduction: 'mean', ...options(args) }),
  generalized_box_iou_loss: pair(losses.generalizedBoxIou),
  complete_box_iou_loss: pair(losses.completeBoxIou),
  distance_box_iou_loss: pair(losses.distanceBoxIou),
  box_iou: ({ a, b }) => ({ iou: functional.boxIou(a!, b!), giou: functional.generalizedBoxIou(a!, b!) }),
  nms: ({ b, s }, args) => ({ keep: functional.nms(b!, s!, args['iou_threshold'] as number) }),
  roi_align: ({ x, r }, args) =>
    tf.transpose(
      functional.roiAlign(tf.transpose(x!, [0, 2, 3, 1]), r!, {
        outputSize: args['output_size'] as number | [number, number],
        ...options(args),
      }),
      [0, 3, 1, 2],
    ),
  deform_conv2d: ({ x, off, w, m, b }, args) => {
    const last = (tensor: tf.Tensor): tf.Tensor => tf.transpose(tensor, [0, 2, 3, 1]);
    const y = functional.deformConv2d(last(x!), last(off!), tf.transpose(w!, [2, 3, 1, 0]), b ?? null, {
      ...options(args),
      ...(m === undefined ? {} : { mask: last(m) }),
    });
    return tf.transpose(y, [0, 3, 1, 2]);
  },
  info_nce: pair(losses.infoNce),
  'nt_xent (SimCLR)': pair(losses.ntXent),
};

function runnable(loss: Loss): (parityCase: ParityCase) => Runnable {
  return ({ args }) => ({
    forward(inputs) {
      const result = loss(inputs, args);
      return result instanceof tf.Tensor ? { y: result } : result;
    },
  });
}

export const adapters: ParityAdapter[] = [
  opAdapter(Object.fromEntries(Object.entries(ops).map(([op, loss]) => [op, runnable(loss)]))),
];
