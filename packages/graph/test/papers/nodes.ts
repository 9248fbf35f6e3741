import * as tf from '@tensorflow/tfjs-core';
import { Adam, losses, scope, valueAndGradients, type Module } from '@hourglass/core';
import { nodesIn, type GraphData } from '@hourglass/graph';

export interface NodeTraining {
  readonly epochs?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  /** Takes the milliseconds of each training step. */
  readonly stepTimes?: number[];
}

/**
 * Trains on the graph's labelled nodes, all in each step, and gives the share of test nodes that are right where those to validate on
 * were best.
 *
 * @param logits of all nodes, float32 [nodes, classes]
 * @param ofTrain those of the labelled nodes alone, for models that can tell these without the others
 */
export function trainNodes(
  model: Module,
  graph: GraphData,
  logits: () => tf.Tensor,
  { epochs = 100, learningRate = 0.01, weightDecay = 5e-4, stepTimes }: NodeTraining = {},
  ofTrain?: (train: readonly number[]) => tf.Tensor,
): number {
  const optimizer = new Adam(model.namedParameters(), { lr: learningRate, weightDecay });
  const y = graph.tensors().y!;
  const [train, val, test] = [graph.trainMask, graph.valMask, graph.testMask].map((mask) => [...nodesIn(mask!)]);
  const labels = tf.gather(y, train!);
  const loss = (): tf.Tensor => losses.crossEntropy(ofTrain?.(train!) ?? tf.gather(logits(), train!), labels);
  const best = { val: -1, test: 0 };
  for (let epoch = 0; epoch < epochs; epoch++) {
    model.train();
    const start = performance.now();
    scope(() => optimizer.step(valueAndGradients(loss, model.parameters()).gradients));
    stepTimes?.push(performance.now() - start);
    if (epoch % 10 !== 9) continue;
    model.eval();
    const predicted = scope(() => tf.argMax(logits(), 1).dataSync());
    const accuracy = (nodes: readonly number[]): number =>
      nodes.filter((node) => predicted[node] === (graph.y as Int32Array)[node]).length / nodes.length;
    if (accuracy(val!) > best.val) Object.assign(best, { val: accuracy(val!), test: accuracy(test!) });
  }
  optimizer.dispose();
  labels.dispose();
  return best.test;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
