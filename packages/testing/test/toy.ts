import {
  BatchNorm1d,
  check,
  Dropout,
  type Generator,
  Linear,
  loadPretrained,
  Module,
  normalTensor,
  savePretrained,
  scope,
  type Config,
} from '@hourglass/core';
import type { ModelFacts } from '@hourglass/testing';
import * as tf from '@tensorflow/tfjs-core';

export interface ToyConfig {
  readonly width: number;
  readonly dropout: number;
}

/** A little autoencoder of [N, ..., 3] that keeps all rules; the tests break one each. */
export class Toy extends Module {
  readonly config: ToyConfig;
  readonly encoder: Linear;
  readonly decoder: Linear;
  readonly drop: Dropout;

  constructor(generator: Generator, { width = 4, dropout = 0 }: Partial<ToyConfig> = {}) {
    super();
    this.config = { width, dropout };
    this.encoder = new Linear(3, width, { generator });
    this.decoder = new Linear(width, 3, { generator });
    this.drop = new Dropout(dropout);
  }

  forward(x: tf.Tensor): tf.Tensor {
    check(x.shape.at(-1) === 3, () => `expected [N, ..., 3], got [${x.shape.join(', ')}]`);
    return scope(() => this.decoder.forward(this.hidden(x)));
  }

  protected hidden(x: tf.Tensor): tf.Tensor {
    return this.drop.forward(tf.tanh(this.encoder.forward(x)));
  }

  savePretrained(folder: string): Promise<void> {
    return savePretrained(this, folder, { config: { model_type: 'toy', ...this.config } });
  }
}

/** Loads a toy; `build` makes it from the stored configuration. */
export function loadToy<M extends Toy>(folder: string, build: (config: Config) => M): Promise<M> {
  return loadPretrained(folder, [{ modelType: 'toy', matches: () => true, build }]);
}

/** One whose training differs from evaluation, with running statistics to save. */
export class Normed extends Toy {
  readonly norm = new BatchNorm1d(4);

  protected override hidden(x: tf.Tensor): tf.Tensor {
    return scope(() =>
      tf.reshape(this.norm.forward(tf.reshape(super.hidden(x), [-1, 4])), [...x.shape.slice(0, -1), 4]),
    );
  }
}

/** Facts about a toy, or a model that takes the same inputs. */
export function toyFacts<M extends Module>(
  create: (generator: Generator) => M,
  more: Partial<ModelFacts<M>> = {},
): ModelFacts<M> {
  return {
    create,
    inputs: [5, 1].map((length) => ({
      name: `${length} steps`,
      make: (generator: Generator, examples: number) => normalTensor([examples, length, 3], 0, 1, generator),
      gives: (x: tf.Tensor) => x.shape,
    })) as unknown as ModelFacts<M>['inputs'],
    wrong: [{ name: 'five channels', make: () => tf.zeros([2, 4, 5]) }],
    ...more,
  };
}
