import * as tf from '@tensorflow/tfjs-core';
import {
  Adam,
  BatchNorm1d,
  Dropout,
  Generator,
  Linear,
  losses,
  Module,
  normalTensor,
  ReLU,
  scope,
  Sequential,
  type UnaryModule,
} from '@hourglass/core';
import type { TrainingMaker } from '../training.js';
import { integerTensor } from './inputs.js';

interface Sizes {
  readonly batch: number;
  readonly points: number;
  readonly widths: readonly number[];
  readonly head: readonly number[];
  readonly classes: number;
}

/** Linear, batch norm and ReLU for each width: the same for every point. */
export class SharedMLP extends Sequential {
  constructor(inputs: number, widths: readonly number[], generator: Generator) {
    const layers = widths.flatMap((width, i): UnaryModule[] => [
      new Linear(i === 0 ? inputs : widths[i - 1]!, width, { generator }),
      new BatchNorm1d(width),
      new ReLU(),
    ]);
    super(...layers);
  }
}

/** PointNet (Qi et al. 2017, arXiv:1612.00593) without its transformers: a set of points to its class. */
class PointNet extends Module {
  readonly points: SharedMLP;
  readonly global: SharedMLP;
  readonly dropout: Dropout;
  readonly head: Linear;

  constructor({ widths, head, classes }: Sizes, generator: Generator) {
    super();
    this.points = new SharedMLP(3, widths, generator);
    this.global = new SharedMLP(widths.at(-1)!, head, generator);
    this.dropout = new Dropout(0.3, { generator });
    this.head = new Linear(head.at(-1)!, classes, { generator });
  }

  /** Points [N, points, 3] to logits [N, classes]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const features = tf.max(this.points.forward(x), 1);
      return this.head.forward(this.dropout.forward(this.global.forward(features)));
    });
  }
}

const sizes: Readonly<Record<'full' | 'small', Sizes>> = {
  full: { batch: 32, points: 1024, widths: [64, 128, 1024], head: [512, 256], classes: 40 },
  small: { batch: 4, points: 16, widths: [8, 12], head: [8], classes: 3 },
};

export const pointnet: TrainingMaker = (size) => {
  const generator = new Generator(1);
  const { batch, points, classes } = sizes[size];
  const model = new PointNet(sizes[size], generator);
  const cloud = normalTensor([batch, points, 3], 0, 1, generator);
  const labels = integerTensor([batch], classes, generator);
  return {
    model,
    inputs: { cloud, labels },
    forward: () => model.forward(cloud),
    loss: () => losses.crossEntropy(model.forward(cloud), labels),
    optimizer: () => new Adam(model.parameters(), { lr: 1e-3 }),
  };
};
