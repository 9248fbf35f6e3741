import * as tf from '@tensorflow/tfjs-core';
import {
  Adam,
  check,
  evaluationMode,
  fit,
  losses,
  predictBatches,
  scope,
  type BatchSource,
  type FitOptions,
  type FitResult,
  type Watch,
} from '@hourglass/core';
import { nodesIn, type NumberList } from '../data/checks.js';
import type { GraphData } from '../data/graph.js';
import type { NodeArchitecture, NodeClassifier } from '../models/node-classifier.js';
import { ClusterLoader, NeighborLoader, type SampledBatch } from '../sampling/index.js';
import { classificationScores, type ClassificationScores, type Predictions } from './classification-scores.js';
import { seldomCheckpoints } from './whole-graph.js';

/** How a part of a graph goes through the network at a time. */
export interface NodeSampling {
  /** Neighbours drawn in each layer, from the seeds outwards; see NeighborLoader. */
  readonly fanOuts?: readonly number[];
  /** Instead: clusters the graph is divided into; see ClusterLoader. */
  readonly clusters?: number;
  /** Nodes (or clusters) in a batch. Default 512 (1). */
  readonly batchSize?: number;
  /** Threads that sample. Default: by the number of cores. */
  readonly threads?: number;
}

export interface TrainNodeClassificationOptions {
  /** Passes over the training nodes; of a whole graph each is one step. Default 200; SGC 100. */
  readonly epochs?: number;
  /** Adam's. Default: the architecture's, see {@link nodeRecipes}. */
  readonly learningRate?: number;
  /** Adam's L2 penalty. Default: the architecture's. */
  readonly weightDecay?: number;
  /** Trains on samples of the graph. Default: on the whole graph at once. */
  readonly sampling?: NodeSampling;
  /** Epochs without a lower loss on the validation nodes before training stops. Default never. */
  readonly patience?: number;
  /** Decay of a moving average of the parameters, which is then what is validated and saved. Default none. */
  readonly emaDecay?: number;
  /** Decides samples and dropout. Default 0. */
  readonly seed?: number;
  /** Folder for metrics and checkpoints. Without it nothing is written. */
  readonly run?: string;
  /** Goes on from the latest checkpoint in `run`. */
  readonly resume?: boolean;
  /** Further settings of the training loop; `generators` holds those that the model draws from besides the default one. */
  readonly fit?: Partial<
    Pick<
      FitOptions<never, never>,
      'callbacks' | 'checkpoint' | 'files' | 'generators' | 'logEvery' | 'reporter' | 'signal' | 'validateEvery'
    >
  >;
}

/** How an architecture is trained unless one says otherwise. */
export interface NodeRecipe {
  readonly epochs: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Which parameters the decay is of. */
  readonly decayed: 'first layer' | 'all';
}

/** GCN as Kipf and Welling, GAT as Veličković et al., APPNP as Klicpera et al. train on citation graphs, R-GCN as Schlichtkrull et al. on AIFB. */
export const nodeRecipes: Readonly<Record<NodeArchitecture, NodeRecipe>> = {
  gcn: { epochs: 200, learningRate: 0.01, weightDecay: 5e-4, decayed: 'first layer' },
  gat: { epochs: 400, learningRate: 0.005, weightDecay: 5e-4, decayed: 'all' },
  sage: { epochs: 200, learningRate: 0.01, weightDecay: 5e-4, decayed: 'all' },
  gin: { epochs: 200, learningRate: 0.01, weightDecay: 5e-4, decayed: 'all' },
  sgc: { epochs: 100, learningRate: 0.2, weightDecay: 1.3e-5, decayed: 'all' },
  appnp: { epochs: 200, learningRate: 0.01, weightDecay: 5e-3, decayed: 'first layer' },
  rgcn: { epochs: 50, learningRate: 0.01, weightDecay: 0, decayed: 'all' },
  mlp: { epochs: 200, learningRate: 0.01, weightDecay: 5e-4, decayed: 'all' },
};

type Fit = FitOptions<NodeClassifier, Step>;

/** A step on the whole graph has no batch. */
type Step = SampledBatch | Record<string, never>;

/**
 * Trains a classifier on the training nodes of a graph, and validates it on the validation nodes, if it has such; the best checkpoint
 * is that of the lowest loss there: accuracies of few nodes are often equal. With `sampling` the graph's features stay where they
 * are, and of each batch only what it needs goes to the device.
 *
 * @param graph with features, classes and a training mask. Its tensors are freed.
 * @throws InvalidArgumentError when one of them is missing, or features or classes are not those of the model
 */
export async function trainNodeClassification(
  model: NodeClassifier,
  graph: GraphData,
  options: TrainNodeClassificationOptions = {},
): Promise<FitResult> {
  const { sampling, patience, seed = 0 } = options;
  const recipe = nodeRecipes[model.config.architecture];
  const { epochs = recipe.epochs, learningRate: lr = recipe.learningRate, weightDecay = recipe.weightDecay } = options;
  checkClasses(model, graph);
  const train = labelledIn(graph, graph.trainMask);
  check(train.length > 0, 'the graph has no training nodes; randomNodeSplit() draws some');
  const hasValidation = graph.valMask !== null && labelledIn(graph, graph.valMask).length > 0;
  const prepared = model.prepare(graph);
  const first = new Set(recipe.decayed === 'all' ? model.parameters() : model.firstLayer.parameters());
  const rest = model.parameters().filter((parameter) => !first.has(parameter));
  const optimizer = new Adam(
    [{ params: [...first], weightDecay }, ...(rest.length === 0 ? [] : [{ params: rest, weightDecay: 0 }])],
    { lr },
  );
  const source =
    sampling === undefined ? wholeGraph(prepared, train) : sampledGraph(model, prepared, train, sampling, seed);
  const settings: Fit = {
    train: source.batches,
    loss: (model, batch) => source.loss(model, batch),
    optimizer,
    epochs,
    seed,
    ...(options.emaDecay === undefined ? {} : { ema: { decay: options.emaDecay } }),
    ...(hasValidation && {
      validate: async (model: NodeClassifier) => {
        const { loss, accuracy, macroF1 } = await scoresOf(model, prepared, prepared.valMask!, sampling);
        return { loss, accuracy, macroF1 };
      },
    }),
    monitor: { metric: 'loss', mode: 'min', ...(patience === undefined ? {} : { patience }) },
    ...(options.run === undefined ? {} : { folder: options.run, resume: options.resume ?? false }),
    save: { config: model.checkpointConfig() },
    ...(options.fit as Partial<Fit>),
  };
  try {
    return await fit(model, {
      ...settings,
      checkpoint: { ...seldomCheckpoints, everyEpoch: sampling !== undefined, ...settings.checkpoint },
    });
  } finally {
    optimizer.dispose();
    await source.close();
    prepared.dispose();
  }
}

/** Where batches come from and what is learnt from them. */
interface Source {
  readonly batches: BatchSource<Step>;
  loss(model: NodeClassifier, batch: Step): tf.Tensor;
  close(): Promise<void>;
}

function wholeGraph(graph: GraphData, train: Int32Array): Source {
  const rows = tf.keep(tf.tensor1d(train, 'int32'));
  const targets = tf.keep(
    tf.tensor1d(
      train.map((node) => (graph.y as Int32Array)[node]!),
      'int32',
    ),
  );
  return {
    batches: {
      length: 1,
      async *iterate() {
        yield {};
      },
    },
    loss: (model) => losses.crossEntropy(tf.gather(forwardWhole(model, graph), rows), targets),
    async close() {
      tf.dispose([rows, targets]);
    },
  };
}

function sampledGraph(
  model: NodeClassifier,
  graph: GraphData,
  train: Int32Array,
  sampling: NodeSampling,
  seed: number,
): Source {
  const loader = loaderOf(model, graph, train, sampling, seed, true);
  return {
    batches: loader,
    loss(model, batch) {
      const { y, subgraph, seeds } = batch as SampledBatch;
      const logits = forwardBatch(model, batch as SampledBatch);
      if (loader instanceof NeighborLoader) return losses.crossEntropy(logits, y!);
      // of a cluster only the training nodes count
      const mask = Uint8Array.from(subgraph.nodes.subarray(0, seeds), (node) => graph.trainMask![node]!);
      const rows = nodesIn(mask).filter((row) => (graph.y as Int32Array)[subgraph.nodes[row]!]! >= 0);
      if (rows.length === 0) return tf.mul(tf.sum(logits), 0);
      const wanted = tf.tensor1d(rows, 'int32');
      return losses.crossEntropy(tf.gather(logits, wanted), tf.gather(y!, wanted));
    },
    close: async () => (loader instanceof NeighborLoader ? loader.close() : undefined),
  };
}

/** Scores of all nodes, [nodes, classes]. */
function forwardWhole(model: NodeClassifier, graph: GraphData): tf.Tensor {
  const { x, edges, edgeWeight, edgeAttr } = graph.tensors();
  const typedEdges = model.isRelational ? graph.typedEdges() : null;
  return model.forward(x, edges, { edgeWeight, edgeAttr, typedEdges });
}

/** Scores of the seeds, [seeds, classes]. */
function forwardBatch(model: NodeClassifier, { x, edges, edgeWeight, edgeAttr, seeds }: SampledBatch): tf.Tensor {
  const logits = model.forward(x!, edges, { edgeWeight, edgeAttr });
  return tf.slice(logits, 0, seeds);
}

function loaderOf(
  model: NodeClassifier,
  graph: GraphData,
  nodes: Int32Array,
  { fanOuts, clusters, batchSize, threads }: NodeSampling,
  seed: number,
  training: boolean,
): NeighborLoader | ClusterLoader {
  check(
    !model.isRelational,
    () =>
      `${model.config.architecture} takes the whole graph: samples do not carry relations; leave fanOuts and clusters out`,
  );
  check(
    (fanOuts === undefined) !== (clusters === undefined),
    'sampling takes fanOuts or clusters: neighbours of nodes, or parts of the graph',
  );
  const size = batchSize === undefined ? {} : { batchSize };
  if (clusters !== undefined) return new ClusterLoader(graph, { clusters, seed, shuffle: training, ...size });
  return new NeighborLoader(graph, {
    fanOuts: fanOuts!,
    seeds: nodes,
    seed,
    shuffle: training,
    ...size,
    // of few nodes an evaluation is over before threads have started
    ...(!training && nodes.length < 100_000 ? { threads: 0 } : threads === undefined ? {} : { threads }),
  });
}

/**
 * Probabilities of the classes for some nodes.
 *
 * @param nodes in any order. Default: all
 * @param sampling as in training, for graphs that do not fit the device; each node once
 * @returns [nodes, classes] in the order of `nodes`
 * @throws InvalidArgumentError for nodes that are not there
 */
export async function predictNodes(
  model: NodeClassifier,
  graph: GraphData,
  nodes?: NumberList,
  sampling?: NodeSampling,
  watch?: Watch,
): Promise<Predictions> {
  for (const node of Array.from(nodes ?? [])) {
    check(
      Number.isInteger(node) && node >= 0 && node < graph.numNodes,
      () => `there is no node ${node}; there are ${graph.numNodes}, from 0 on`,
    );
  }
  const prepared = model.prepare(graph);
  try {
    return await predictPrepared(
      model,
      prepared,
      nodes ?? Int32Array.from({ length: graph.numNodes }, (_, i) => i),
      sampling,
      watch,
    );
  } finally {
    prepared.dispose();
  }
}

async function predictPrepared(
  model: NodeClassifier,
  graph: GraphData,
  nodes: NumberList,
  sampling?: NodeSampling,
  watch?: Watch,
): Promise<Predictions> {
  const { classes } = model.config;
  const probabilities = new Float32Array(nodes.length * classes);
  if (sampling === undefined) {
    const restore = evaluationMode(model);
    let result: tf.Tensor | null = null;
    try {
      result = scope(() => tf.softmax(forwardWhole(model, graph)));
      const all = await result.data<'float32'>();
      for (let i = 0; i < nodes.length; i++) {
        probabilities.set(all.subarray(nodes[i]! * classes, (nodes[i]! + 1) * classes), i * classes);
      }
    } finally {
      restore();
      result?.dispose();
    }
    return { probabilities, classes };
  }
  const rowOf = new Int32Array(graph.numNodes).fill(-1);
  for (let i = 0; i < nodes.length; i++) {
    check(rowOf[nodes[i]!]! < 0, () => `node ${nodes[i]} is asked for twice: samples answer for each node once`);
    rowOf[nodes[i]!] = i;
  }
  const loader = loaderOf(model, graph, Int32Array.from(nodes), sampling, 0, false);
  try {
    const predict = (batch: SampledBatch) => ({
      rows: tf.softmax(forwardBatch(model, batch)),
      nodes: batch.subgraph.nodes.slice(0, batch.seeds),
    });
    const results = predictBatches(model, loader, predict, watch);
    for await (const { rows, nodes } of results) {
      const values = await rows.data<'float32'>();
      rows.dispose();
      nodes.forEach((node, i) => {
        const row = rowOf[node]!;
        if (row < 0) return; // of a cluster all nodes are computed
        probabilities.set(values.subarray(i * classes, (i + 1) * classes), row * classes);
      });
    }
  } finally {
    if (loader instanceof NeighborLoader) await loader.close();
  }
  return { probabilities, classes };
}

/** Scores of a model on the nodes of a mask, in evaluation mode. Default: the test nodes. */
export async function evaluateNodeClassification(
  model: NodeClassifier,
  graph: GraphData,
  mask: Uint8Array | null = graph.testMask,
  sampling?: NodeSampling,
  watch?: Watch,
): Promise<ClassificationScores> {
  checkClasses(model, graph);
  check(mask !== null, 'the graph has no test nodes; randomNodeSplit() draws some');
  const prepared = model.prepare(graph);
  try {
    return await scoresOf(model, prepared, mask, sampling, watch);
  } finally {
    prepared.dispose();
  }
}

async function scoresOf(
  model: NodeClassifier,
  prepared: GraphData,
  mask: Uint8Array,
  sampling?: NodeSampling,
  watch?: Watch,
): Promise<ClassificationScores> {
  const nodes = labelledIn(prepared, mask);
  const targets = nodes.map((node) => (prepared.y as Int32Array)[node]!);
  return classificationScores(await predictPrepared(model, prepared, nodes, sampling, watch), targets);
}

/** Nodes of a mask that have a class. */
function labelledIn(graph: GraphData, mask: Uint8Array | null): Int32Array {
  const y = graph.y as Int32Array;
  return mask === null ? new Int32Array() : nodesIn(mask).filter((node) => y[node]! >= 0);
}

function checkClasses(model: NodeClassifier, graph: GraphData): void {
  check(graph.y instanceof Int32Array && graph.yOf === 'nodes', 'the nodes of the graph have no classes');
  check(
    graph.numClasses <= model.config.classes,
    () => `the model knows ${model.config.classes} classes, the graph has ${graph.numClasses}`,
  );
}
