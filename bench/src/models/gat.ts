import * as tf from '@tensorflow/tfjs-core';
import { Adam, Dropout, functional, Generator, losses, Module, scope } from '@hourglass/core';
import { GATConv, type EdgeIndex } from '@hourglass/graph';
import type { TrainingMaker } from '../training.js';
import { cora, edgesOf, millionNodes, randomCitations, type Citations } from './citations.js';

/** Two layers of graph attention. */
class GAT extends Module {
  readonly conv1: GATConv;
  readonly conv2: GATConv;
  readonly dropout: Dropout;

  constructor(inputs: number, width: number, heads: number, classes: number, generator: Generator) {
    super();
    this.conv1 = new GATConv(inputs, width, { heads, dropout: 0.6, generator });
    this.conv2 = new GATConv(heads * width, classes, { dropout: 0.6, generator });
    this.dropout = new Dropout(0.6, { generator });
  }

  forward(x: tf.Tensor, edges: EdgeIndex): tf.Tensor {
    return scope(() => {
      const hidden = functional.elu(this.conv1.forward(this.dropout.forward(x), edges));
      return this.conv2.forward(this.dropout.forward(hidden), edges);
    });
  }
}

const onGraph =
  (full: () => Citations): TrainingMaker =>
  (size) => {
    const generator = new Generator(1);
    const citations = size === 'full' ? full() : randomCitations(12, 8, 3, 20, 5);
    const { features, train, labels, classes } = citations;
    const edges = edgesOf(citations);
    const [width, heads] = size === 'full' ? [8, 8] : [3, 2];
    const model = new GAT(features.shape[1]!, width, heads, classes, generator);
    return {
      model,
      inputs: { features, edges: citations.edges, train, labels },
      forward: () => model.forward(features, edges),
      loss: () => losses.crossEntropy(tf.gather(model.forward(features, edges), train as tf.Tensor1D), labels),
      optimizer: () => new Adam(model.parameters(), { lr: 0.005, weightDecay: 5e-4 }),
    };
  };

export const gat = onGraph(cora);
export const gatOnMillions = onGraph(millionNodes);
