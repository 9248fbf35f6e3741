import * as tf from '@tensorflow/tfjs-core';
import { Adam, Dropout, functional, Generator, Linear, losses, Module, Parameter, scope } from '@hourglass/core';
import type { TrainingMaker } from '../training.js';
import { cora, randomCitations, withSelfLoops, type Citations } from './citations.js';

/** A graph with the weight of every edge, 1 / sqrt(degree of one end · degree of the other). */
interface NormalizedGraph {
  readonly adjacency: functional.Adjacency;
  readonly weights: tf.Tensor;
}

function normalized(citations: Citations): NormalizedGraph {
  const adjacency = withSelfLoops(citations);
  const { pointer } = adjacency.incoming.values;
  const degree = (node: number): number => pointer[node + 1]! - pointer[node]!;
  const [sources, destinations] = [adjacency.outgoing.values.ids, adjacency.incoming.values.ids];
  const weights = Float32Array.from(sources, (source, e) => 1 / Math.sqrt(degree(source) * degree(destinations[e]!)));
  return { adjacency, weights: tf.tensor1d(weights) };
}

/** Graph convolution (Kipf and Welling 2016, arXiv:1609.02907), with the parameters of PyTorch Geometric's GCNConv. */
class GCNConv extends Module {
  readonly lin: Linear;
  readonly bias: Parameter;

  constructor(inputs: number, outputs: number, generator: Generator) {
    super();
    this.lin = new Linear(inputs, outputs, { bias: false, generator });
    this.bias = new Parameter(tf.zeros([outputs]));
  }

  /** Features of the nodes, [nodes, inputs] to [nodes, outputs]. */
  forward(x: tf.Tensor, { adjacency, weights }: NormalizedGraph): tf.Tensor {
    return scope(() => tf.add(functional.spmm(adjacency, weights, this.lin.forward(x)), this.bias.value));
  }
}

/** Two graph convolutions. */
class GCN extends Module {
  readonly conv1: GCNConv;
  readonly conv2: GCNConv;
  readonly dropout: Dropout;

  constructor(inputs: number, hidden: number, classes: number, generator: Generator) {
    super();
    this.conv1 = new GCNConv(inputs, hidden, generator);
    this.conv2 = new GCNConv(hidden, classes, generator);
    this.dropout = new Dropout(0.5, { generator });
  }

  forward(x: tf.Tensor, graph: NormalizedGraph): tf.Tensor {
    return scope(() => {
      const hidden = tf.relu(this.conv1.forward(this.dropout.forward(x), graph));
      return this.conv2.forward(this.dropout.forward(hidden), graph);
    });
  }
}

export const gcn: TrainingMaker = (size) => {
  const generator = new Generator(1);
  const citations = size === 'full' ? cora() : randomCitations(12, 8, 3, 20, 5);
  const { features, edges, train, labels, classes } = citations;
  const graph = normalized(citations);
  const model = new GCN(features.shape[1]!, size === 'full' ? 16 : 4, classes, generator);
  return {
    model,
    inputs: { features, edges, train, labels },
    forward: () => model.forward(features, graph),
    loss: () => losses.crossEntropy(tf.gather(model.forward(features, graph), train as tf.Tensor1D), labels),
    optimizer: () => new Adam(model.parameters(), { lr: 0.01, weightDecay: 5e-4 }),
  };
};
