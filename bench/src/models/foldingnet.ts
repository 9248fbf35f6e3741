import * as tf from '@tensorflow/tfjs-core';
import { Adam, functional, Generator, Linear, Module, normalTensor, ReLU, scope, Sequential } from '@hourglass/core';
import type { TrainingMaker } from '../training.js';
import { SharedMLP } from './pointnet.js';

interface Sizes {
  readonly batch: number;
  readonly points: number;
  readonly widths: readonly number[];
  readonly code: number;
  readonly side: number;
  readonly hidden: number;
}

/** Layers of a folding: the code beside every point, to new points. */
class Folding extends Sequential {
  constructor(inputs: number, hidden: number, generator: Generator) {
    super(
      new Linear(inputs, hidden, { generator }),
      new ReLU(),
      new Linear(hidden, hidden, { generator }),
      new ReLU(),
      new Linear(hidden, 3, { generator }),
    );
  }
}

/** FoldingNet's decoder (Yang et al. 2018, arXiv:1712.07262), which folds a square twice, behind a PointNet encoder. */
class FoldingNet extends Module {
  readonly points: SharedMLP;
  readonly code: Linear;
  readonly fold1: Folding;
  readonly fold2: Folding;
  readonly #grid: tf.Tensor;

  constructor({ widths, code, side, hidden }: Sizes, generator: Generator) {
    super();
    this.points = new SharedMLP(3, widths, generator);
    this.code = new Linear(widths.at(-1)!, code, { generator });
    this.fold1 = new Folding(code + 2, hidden, generator);
    this.fold2 = new Folding(code + 3, hidden, generator);
    const along = (i: number): number => (2 * i) / (side - 1) - 1;
    const places = Array.from({ length: side * side }, (_, i) => [along(Math.floor(i / side)), along(i % side)]);
    this.#grid = tf.keep(tf.tensor3d([places]));
  }

  /** Points [N, points, 3] to points [N, side * side, 3]. */
  forward(x: tf.Tensor): tf.Tensor {
    return scope(() => {
      const code = tf.expandDims(this.code.forward(tf.max(this.points.forward(x), 1)), 1);
      const [batch, count] = [x.shape[0]!, this.#grid.shape[1]!];
      const codes = tf.tile(code, [1, count, 1]);
      const grid = tf.tile(this.#grid, [batch, 1, 1]);
      const folded = this.fold1.forward(tf.concat([codes, grid], 2));
      return this.fold2.forward(tf.concat([codes, folded], 2));
    });
  }

  override dispose(): void {
    super.dispose();
    this.#grid.dispose();
  }
}

const sizes: Readonly<Record<'full' | 'small', Sizes>> = {
  full: { batch: 8, points: 1024, widths: [64, 128, 1024], code: 512, side: 45, hidden: 512 },
  small: { batch: 2, points: 16, widths: [8, 12], code: 6, side: 4, hidden: 8 },
};

export const foldingnet: TrainingMaker = (size) => {
  const generator = new Generator(1);
  const { batch, points } = sizes[size];
  const model = new FoldingNet(sizes[size], generator);
  const cloud = normalTensor([batch, points, 3], 0, 1, generator);
  return {
    model,
    inputs: { cloud },
    forward: () => model.forward(cloud),
    loss: () => tf.mean(functional.chamferDistance(cloud, model.forward(cloud))),
    optimizer: () => new Adam(model.parameters(), { lr: 1e-3 }),
  };
};
