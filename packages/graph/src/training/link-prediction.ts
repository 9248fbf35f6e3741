import * as tf from '@tensorflow/tfjs-core';
import { Adam, check, fit, losses, metrics, type FitOptions, type FitResult } from '@hourglass/core';
import type { GraphData, LinkSet } from '../data/index.js';
import { EdgeIndex } from '../edges/index.js';
import { denseLimit } from '../layers/decoders/decoder.js';
import { InnerProductDecoder } from '../layers/decoders/index.js';
import { fullReconstructionLoss } from '../losses/index.js';
import { ARGA, type GAE } from '../models/index.js';
import { featuresAndEdges, readOnGraph } from '../prediction/embed-nodes.js';
import type { PairList } from '../sampling/index.js';
import { linkSteps, type LinkLoss, type LinkStep } from './link-steps.js';
import { seldomCheckpoints, type WholeGraphOptions } from './whole-graph.js';

/** How well edges are told from pairs that are none, each between 0 and 1. */
export interface LinkScores {
  /** Area under the receiver operating characteristic. */
  readonly auc: number;
  /** Average precision. */
  readonly ap: number;
}

export interface TrainLinkPredictionOptions extends WholeGraphOptions {
  /**
   * `full` weighs all pairs of nodes (inner products only, see {@link fullReconstructionLoss}); `sampled` draws as many pairs without an
   * edge as there are edges, anew in each epoch; `masked` besides hides edges from the encoder, and scores these (MaskGAE, Li et al. 2022,
   * arXiv:2205.10053). Default `full` up to 5,000 nodes where the decoder takes it.
   */
  readonly loss?: LinkLoss;
  /** Share of the edges that `masked` hides. Default 0.7. */
  readonly maskRate?: number;
  /** Weight of the bottleneck's penalty. Default 1 / nodes, as in VGAE. */
  readonly penaltyWeight?: number;
  /** Weight of the mean squared error of the features, where the model decodes them. Default 1. */
  readonly attributeWeight?: number;
  /** Learning rate of the discriminator of ARGA and ARGVA. Default: as the rest. */
  readonly discriminatorLearningRate?: number;
  /** Scored after each epoch, as `auc` and `ap`. */
  readonly validation?: LinkSet;
  /** Epochs without a better AUC before training stops. Default never. */
  readonly patience?: number;
}

/**
 * Trains an autoencoder on the edges of a graph.
 *
 * @param graph features, and the edges to train on: those to be predicted left out, both directions of undirected ones in. Its tensors
 *   stay until its `dispose`.
 * @throws InvalidArgumentError when the graph has no features or no edges, or the loss does not go with the decoder
 */
export async function trainLinkPrediction(
  model: GAE,
  graph: GraphData,
  options: TrainLinkPredictionOptions = {},
): Promise<FitResult> {
  const { epochs = 200, learningRate: lr = 0.01, weightDecay = 0, seed = 0, validation, patience } = options;
  const { x, edges } = featuresAndEdges(graph);
  check(graph.numEdges > 0, 'the graph has no edge to learn from');
  const isInner = model.decoder instanceof InnerProductDecoder;
  const { loss: kind = isInner && graph.numNodes <= denseLimit ? 'full' : 'sampled' } = options;
  check(kind !== 'full' || isInner, "the loss 'full' is made for inner products; choose 'sampled' for this decoder");
  const weight = options.penaltyWeight ?? 1 / graph.numNodes;
  const adversary = model instanceof ARGA ? model : null;
  const own = new Set(adversary?.discriminator.parameters());
  const optimizer = new Adam(
    [
      { params: model.parameters().filter((parameter) => !own.has(parameter)) },
      ...(own.size === 0 ? [] : [{ params: [...own], lr: options.discriminatorLearningRate ?? lr }]),
    ],
    { lr, weightDecay },
  );
  try {
    return await fit(model, {
      train: linkSteps(edges, { adversary, loss: kind, maskRate: options.maskRate ?? 0.7, seed }),
      loss: (model, { ofAdversary, visible: seen, positives, negatives }) => {
        const visible = seen ?? edges;
        const { value: z, penalty, metrics } = model.embed(x, visible);
        if (ofAdversary) return (model as ARGA).discriminatorLoss(z);
        const reconstruction =
          negatives === null
            ? fullReconstructionLoss(z, edges)
            : model.reconstructionLoss(z, positives ?? edges, negatives);
        const terms = [reconstruction, tf.mul(penalty, weight)];
        const logs: Record<string, tf.Tensor> = { reconstruction, ...metrics };
        if (adversary !== null) terms.push(adversary.regularisationLoss(z));
        if (model.attribute_decoder !== null) {
          logs['attributes'] = losses.mse(model.decodeAttributes(z, visible), x);
          terms.push(tf.mul(logs['attributes'], options.attributeWeight ?? 1));
        }
        return { loss: tf.addN(terms), logs };
      },
      optimizer,
      epochs,
      seed,
      ...(options.emaDecay === undefined ? {} : { ema: { decay: options.emaDecay } }),
      ...(validation && {
        validate: async (model) => ({ ...(await evaluateLinkPrediction(model, validation)) }),
      }),
      monitor: { metric: 'auc', mode: 'max', ...(patience === undefined ? {} : { patience }) },
      ...(options.run === undefined ? {} : { folder: options.run, resume: options.resume ?? false }),
      ...(model.config === null ? {} : { save: { config: model.checkpointConfig() } }),
      ...(options.fit as Partial<FitOptions<GAE, LinkStep>>),
      checkpoint: { ...seldomCheckpoints, ...options.fit?.checkpoint },
    });
  } finally {
    optimizer.dispose();
  }
}

/**
 * Scores the pairs with embeddings of the graph, in evaluation mode.
 *
 * @param graph features and the edges that messages pass along: those of training
 * @returns probabilities of an edge, in the order of the pairs
 */
export async function predictLinks(model: GAE, graph: GraphData, pairs: PairList): Promise<Float32Array> {
  const asked = new EdgeIndex(pairs, graph.numNodes);
  try {
    return await readOnGraph(model, graph, (x, edges) => model.decode(model.encode(x, edges), asked));
  } finally {
    asked.dispose();
  }
}

/** AUC and average precision of an autoencoder on the links to predict. */
export async function evaluateLinkPrediction(model: GAE, { graph, edges, labels }: LinkSet): Promise<LinkScores> {
  const scores = await predictLinks(model, graph, edges);
  const [auc, ap] = [new metrics.RocAuc(), new metrics.AveragePrecision()];
  auc.update(scores, labels);
  ap.update(scores, labels);
  return { auc: auc.compute(), ap: ap.compute() };
}
