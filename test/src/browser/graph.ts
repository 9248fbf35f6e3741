// Runs in a page: what somebody does with a graph in a browser.
import { quietReporter, useBackend, type BackendName } from '@hourglass/core';
import { evaluateNodeClassification, GraphData, NodeClassifier, trainNodeClassification } from '@hourglass/graph';
import * as tf from '@tensorflow/tfjs-core';

export interface GraphReport {
  readonly reason: string;
  /** On nodes that training did not see. */
  readonly accuracy: number;
  readonly left: number;
}

/** Two rings of people who know their neighbours; features say little of which ring somebody is in. */
function rings(): GraphData {
  const size = 20;
  const pairs = Array.from({ length: 2 * size }, (_, i) => {
    const ring = i < size ? 0 : size;
    return [1, 2].map((step) => [i, ring + ((i - ring + step) % size)] as const);
  }).flat();
  const both = [...pairs, ...pairs.map(([from, to]) => [to, from] as const)];
  const isSeen = (i: number): boolean => i % 5 === 0;
  return new GraphData({
    numNodes: 2 * size,
    edgeIndex: [both.map(([from]) => from), both.map(([, to]) => to)],
    x: Array.from({ length: 2 * size }, (_, i) => [
      Number(i < size) + Math.sin(5 * i),
      Number(i >= size) + Math.cos(7 * i),
    ]),
    y: Array.from({ length: 2 * size }, (_, i) => Number(i < size)),
    trainMask: Array.from({ length: 2 * size }, (_, i) => isSeen(i)),
    testMask: Array.from({ length: 2 * size }, (_, i) => !isSeen(i)),
    undirected: true,
  });
}

export async function useGraph(backend: BackendName): Promise<GraphReport> {
  const { reason } = await useBackend(backend);
  const before = tf.memory().numTensors;
  const graph = rings();
  const model = new NodeClassifier({ architecture: 'gcn', inChannels: 2, classes: 2, features: 'raw' });
  await trainNodeClassification(model, graph, { epochs: 30, fit: { reporter: quietReporter } });
  const { accuracy } = await evaluateNodeClassification(model, graph, graph.testMask!);
  model.dispose();
  graph.dispose();
  return { reason, accuracy, left: tf.memory().numTensors - before };
}

Object.assign(globalThis, { useGraph });
