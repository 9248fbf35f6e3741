import {
  check,
  DataLoader,
  fromArray,
  losses,
  map,
  standardFit,
  type FitResult,
  type StandardOptions,
} from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import { randomWindow, sequencesToTensor } from '../data/batch.js';
import { checkChannels, lengthOf, statistics, type Sequence } from '../data/sequence.js';
import type { SequenceAutoencoder } from '../models/autoencoder.js';
import { evaluateAutoencoder } from './evaluate.js';

/** See {@link StandardOptions} for how long, how fast and where to. */
export interface TrainAutoencoderOptions extends StandardOptions {
  /** Steps of the windows that are cut from the sequences; default 64, or the shortest sequence. */
  readonly window?: number;
  /** Scored after each epoch; the best checkpoint is the one that explains most of it. */
  readonly validation?: readonly Sequence[];
}

/**
 * Trains a model to reconstruct sequences. Everything random depends on `seed` alone, so that a run which was killed and
 * resumed ends with the same weights as an unbroken one on the same backend.
 * @throws InvalidArgumentError when the sequences do not fit the model.
 */
export async function trainAutoencoder(
  model: SequenceAutoencoder,
  train: readonly Sequence[],
  options: TrainAutoencoderOptions,
): Promise<FitResult> {
  const { batchSize = 16, seed = 0, validation } = options;
  const channels = checkChannels(train);
  check(
    channels === model.config.channels,
    `the model takes ${model.config.channels} channels, the data has ${channels}`,
  );
  const window = options.window ?? Math.min(64, ...train.map(lengthOf));
  const setup = { ...statistics(train), window };
  model.setup = setup;
  const windows = map(fromArray(train), (sequence, { generator }) => randomWindow(sequence, window, generator));
  const loader = new DataLoader(windows, {
    batchSize: Math.min(batchSize, train.length),
    shuffle: true,
    dropLast: true,
    seed,
    collate: (batch: readonly Sequence[]) => sequencesToTensor(batch, setup),
  });
  return standardFit<SequenceAutoencoder, tf.Tensor>(
    model,
    {
      train: loader,
      loss: (network, x) => {
        const { reconstruction, penalty } = network.outputs(x);
        return tf.add(losses.mse(reconstruction, x), penalty);
      },
      ...(validation && {
        validate: async (network: SequenceAutoencoder) => ({ ...(await evaluateAutoencoder(network, validation)) }),
        monitor: { metric: 'explained', mode: 'max' as const },
      }),
      save: { config: model.checkpointConfig() },
    },
    options,
  );
}
