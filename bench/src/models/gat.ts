import * as tf from '@tensorflow/tfjs-core';
import { Adam, Dropout, functional, Generator, init, Linear, losses, Module, Parameter, scope } from '@hourglass/core';
import type { TrainingMaker } from '../training.js';
import { cora, randomCitations, withSelfLoops } from './citations.js';

/** Graph attention (Veličković et al. 2017, arXiv:1710.10903), with the parameters of PyTorch Geometric's GATConv. */
class GATConv extends Module {
  readonly att_src: Parameter;
  readonly att_dst: Parameter;
  readonly bias: Parameter;
  readonly lin: Linear;
  readonly dropout: Dropout;

  constructor(
    inputs: number,
    private readonly width: number,
    private readonly heads: number,
    generator: Generator,
  ) {
    super();
    const attention = (): Parameter => {
      const parameter = new Parameter(tf.zeros([1, heads, width]));
      init.xavierUniform(parameter, { generator });
      return parameter;
    };
    [this.att_src, this.att_dst] = [attention(), attention()];
    this.bias = new Parameter(tf.zeros([heads * width]));
    this.lin = new Linear(inputs, heads * width, { bias: false, generator });
    this.dropout = new Dropout(0.6, { generator });
  }

  /** Features of the nodes, [nodes, inputs] to [nodes, heads * width]. */
  forward(x: tf.Tensor, adjacency: functional.Adjacency): tf.Tensor {
    return scope(() => {
      const h = tf.reshape(this.lin.forward(x), [-1, this.heads, this.width]);
      const score = (by: Parameter, ends: tf.Tensor1D): tf.Tensor => tf.gather(tf.sum(tf.mul(h, by.value), -1), ends);
      const scores = tf.add(score(this.att_src, adjacency.source), score(this.att_dst, adjacency.destination));
      const attention = functional.segmentSoftmax(functional.leakyRelu(scores, 0.2), adjacency.incoming);
      const y = functional.spmm(adjacency, this.dropout.forward(attention), h);
      return tf.add(tf.reshape(y, [-1, this.heads * this.width]), this.bias.value);
    });
  }
}

/** Two layers of graph attention. */
class GAT extends Module {
  readonly conv1: GATConv;
  readonly conv2: GATConv;
  readonly dropout: Dropout;

  constructor(inputs: number, width: number, heads: number, classes: number, generator: Generator) {
    super();
    this.conv1 = new GATConv(inputs, width, heads, generator);
    this.conv2 = new GATConv(heads * width, classes, 1, generator);
    this.dropout = new Dropout(0.6, { generator });
  }

  forward(x: tf.Tensor, adjacency: functional.Adjacency): tf.Tensor {
    return scope(() => {
      const hidden = functional.elu(this.conv1.forward(this.dropout.forward(x), adjacency));
      return this.conv2.forward(this.dropout.forward(hidden), adjacency);
    });
  }
}

export const gat: TrainingMaker = (size) => {
  const generator = new Generator(1);
  const citations = size === 'full' ? cora() : randomCitations(12, 8, 3, 20, 5);
  const { features, edges, train, labels, classes } = citations;
  const adjacency = withSelfLoops(citations);
  const [width, heads] = size === 'full' ? [8, 8] : [3, 2];
  const model = new GAT(features.shape[1]!, width, heads, classes, generator);
  return {
    model,
    inputs: { features, edges, train, labels },
    forward: () => model.forward(features, adjacency),
    loss: () => losses.crossEntropy(tf.gather(model.forward(features, adjacency), train as tf.Tensor1D), labels),
    optimizer: () => new Adam(model.parameters(), { lr: 0.005, weightDecay: 5e-4 }),
  };
};
