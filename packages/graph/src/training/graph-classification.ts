import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  DataLoader,
  fromArray,
  losses,
  predictBatches,
  standardFit,
  type FitResult,
  type StandardOptions,
  type Watch,
} from '@hourglass/core';
import { GraphBatch, type BatchTensors } from '../data/graph-batch.js';
import type { GraphData } from '../data/graph.js';
import type { GraphClassifier } from '../models/graph-classifier.js';
import { classificationScores, type ClassificationScores, type Predictions } from './classification-scores.js';

export interface TrainGraphClassificationOptions extends StandardOptions {
  /** Scored after each epoch; the best checkpoint is that of the highest accuracy. */
  readonly validation?: readonly GraphData[];
}

/**
 * Trains a classifier on graphs with a class each: AdamW with warm-up and cosine, as core's `standardFit`. Default 32 graphs in a batch,
 * learning rate 0.005.
 *
 * @throws InvalidArgumentError when graphs have no class, or features or classes are not those of the model
 */
export async function trainGraphClassification(
  model: GraphClassifier,
  train: readonly GraphData[],
  options: TrainGraphClassificationOptions,
): Promise<FitResult> {
  const { validation, batchSize = 32, seed = 0 } = options;
  check(train.length > 0, 'there are no graphs to train on');
  const prepared = checked(model, train);
  const loader = new DataLoader(fromArray(prepared), {
    batchSize: Math.min(batchSize, train.length),
    shuffle: true,
    seed,
    collate: batchOf,
  });
  return standardFit(
    model,
    {
      train: loader,
      loss: (model, { y, ...batch }) => losses.crossEntropy(forwardBatch(model, batch), y!),
      ...(validation && {
        validate: async (model: GraphClassifier) => {
          const { loss, accuracy, macroF1 } = await evaluateGraphClassification(model, validation, batchSize);
          return { loss, accuracy, macroF1 };
        },
        monitor: { metric: 'accuracy', mode: 'max' },
      }),
      save: { config: model.checkpointConfig() },
    },
    { learningRate: 0.005, ...options },
  );
}

function batchOf(graphs: readonly GraphData[]): BatchTensors {
  return new GraphBatch(graphs).tensors();
}

function forwardBatch(
  model: GraphClassifier,
  { x, edges, graphs, edgeWeight, edgeAttr }: Omit<BatchTensors, 'y'>,
): tf.Tensor {
  return model.forward(x!, edges, graphs, { edgeWeight, edgeAttr });
}

/** Probabilities of the classes, [graphs, classes] in the order of the graphs, in evaluation mode. */
export async function predictGraphs(
  model: GraphClassifier,
  graphs: readonly GraphData[],
  batchSize = 32,
  watch?: Watch,
): Promise<Predictions> {
  const { classes } = model.config;
  const probabilities = new Float32Array(graphs.length * classes);
  if (graphs.length === 0) return { probabilities, classes };
  // labels are not looked at, and some may have none
  const plain = graphs.map((graph) => model.prepare(graph).with({ y: null }));
  const loader = new DataLoader(fromArray(plain), { batchSize, collate: batchOf });
  let at = 0;
  const results = predictBatches(model, loader, (batch) => tf.softmax(forwardBatch(model, batch)), watch);
  for await (const rows of results) {
    probabilities.set(await rows.data<'float32'>(), at * classes);
    at += rows.shape[0]!;
    rows.dispose();
  }
  return { probabilities, classes };
}

/** Scores of a model on graphs with a class each, in evaluation mode. */
export async function evaluateGraphClassification(
  model: GraphClassifier,
  graphs: readonly GraphData[],
  batchSize = 32,
  watch?: Watch,
): Promise<ClassificationScores> {
  const targets = Int32Array.from(checked(model, graphs), ({ y }) => (y as Int32Array)[0]!);
  return classificationScores(await predictGraphs(model, graphs, batchSize, watch), targets);
}

/** With the features that the model takes. */
function checked(model: GraphClassifier, graphs: readonly GraphData[]): GraphData[] {
  return graphs.map((graph, g) => {
    check(graph.y instanceof Int32Array && graph.yOf === 'graph', () => `graph ${g} has no class`);
    check(
      graph.y[0]! < model.config.classes,
      () => `graph ${g} has class ${(graph.y as Int32Array)[0]}, the model knows ${model.config.classes}`,
    );
    return model.prepare(graph);
  });
}
