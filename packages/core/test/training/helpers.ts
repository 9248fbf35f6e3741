import * as tf from '@tensorflow/tfjs-core';
import {
  AdamW,
  BatchNorm1d,
  DataLoader,
  Dropout,
  fromArray,
  Generator,
  Linear,
  manualSeed,
  map,
  Module,
  ReLU,
  StepLR,
  type BatchSource,
  type FitOptions,
  type Stacked,
} from '@hourglass/core';

/** A small network with everything that a resumed run must restore: weights, running statistics, random numbers. */
export class Net extends Module {
  readonly first: Linear;
  readonly norm = new BatchNorm1d(8);
  readonly relu = new ReLU();
  readonly drop = new Dropout(0.2);
  readonly last: Linear;

  constructor(seed = 1) {
    super();
    const generator = new Generator(seed);
    this.first = new Linear(3, 8, { generator });
    this.last = new Linear(8, 1, { generator });
  }

  forward(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() =>
      this.last.forward(this.drop.forward(this.relu.forward(this.norm.forward(this.first.forward(x))))),
    );
  }
}

export interface Point {
  readonly x: Float32Array;
  readonly y: Float32Array;
}
export type Batch = Stacked<Point>;

/** Points of a plane with a bend; the inputs are shaken anew in each epoch. */
export function points(count = 22, seed = 3): BatchSource<Batch> {
  const generator = new Generator(seed);
  const items = Array.from({ length: count }, () => {
    const x = Float32Array.from({ length: 3 }, () => generator.normal());
    return { x, y: Float32Array.of(x[0]! - 2 * x[1]! + Math.abs(x[2]!)) };
  });
  const shaken = map(fromArray(items), ({ x, y }, context) => ({
    x: x.map((value) => value + 0.01 * context.generator.normal()),
    y,
  }));
  return new DataLoader(shaken, { batchSize: 4, shuffle: true, seed: 7 });
}

export function squaredError(model: Net, { x, y }: Batch): tf.Tensor {
  return tf.mean(tf.squaredDifference(model.forward(x), y));
}

/** The same model, optimiser and schedule each time. */
export function setUp(options: Partial<FitOptions<Net, Batch>> = {}): { model: Net; options: FitOptions<Net, Batch> } {
  manualSeed(11);
  const model = new Net();
  const optimizer = new AdamW(model.namedParameters(), { lr: 0.02 });
  return {
    model,
    options: {
      train: points(),
      loss: (net, batch) => {
        const loss = squaredError(net, batch);
        return { loss, logs: { double: tf.mul(loss, 2) }, output: loss };
      },
      optimizer,
      schedule: new StepLR(optimizer, { stepSize: 5, gamma: 0.9 }),
      epochs: 4,
      seed: 5,
      logEvery: 2,
      ...options,
    },
  };
}
