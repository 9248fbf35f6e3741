import * as tf from '@tensorflow/tfjs-core';
import { Adam, Dropout, Generator, losses, Module, scope } from '@hourglass/core';
import { GCNConv, type EdgeIndex } from '@hourglass/graph';
import type { TrainingMaker } from '../training.js';
import { cora, edgesOf, millionNodes, randomCitations, type Citations } from './citations.js';

/** Two graph convolutions. */
class GCN extends Module {
  readonly conv1: GCNConv;
  readonly conv2: GCNConv;
  readonly dropout: Dropout;

  constructor(inputs: number, hidden: number, classes: number, generator: Generator) {
    super();
    this.conv1 = new GCNConv(inputs, hidden, { generator });
    this.conv2 = new GCNConv(hidden, classes, { generator });
    this.dropout = new Dropout(0.5, { generator });
  }

  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    return scope(() => {
      const hidden = tf.relu(this.conv1.forward(this.dropout.forward(x), edges));
      return this.conv2.forward(this.dropout.forward(hidden), edges);
    });
  }
}

const onGraph =
  (full: () => Citations, hidden: number): TrainingMaker =>
  (size) => {
    const generator = new Generator(1);
    const citations = size === 'full' ? full() : randomCitations(12, 8, 3, 20, 5);
    const { features, train, labels, classes } = citations;
    const edges = edgesOf(citations);
    const model = new GCN(features.shape[1]!, size === 'full' ? hidden : 4, classes, generator);
    return {
      model,
      inputs: { features, edges: citations.edges, train, labels },
      forward: () => model.forward(features, edges),
      loss: () => losses.crossEntropy(tf.gather(model.forward(features, edges), train as tf.Tensor1D), labels),
      optimizer: () => new Adam(model.parameters(), { lr: 0.01, weightDecay: 5e-4 }),
    };
  };

export const gcn = onGraph(cora, 16);
export const gcnOnMillions = onGraph(millionNodes, 64);
