import * as tf from '@tensorflow/tfjs-core';
import { check, DataLoader, scope, stack, standardFit, type FitResult, type StandardOptions } from '@hourglass/core';
import type { MixtureDataset, MixtureExample } from '../data/mixtures.js';
import { pairwiseOf, permutationInvariantLoss, type PermutationInvariantResult } from '../losses/index.js';
import type { AudioSlots } from '../models/separation/audio-slots.js';

/**
 * How far the magnitudes of slots are from those of the sources, in the order that fits best: mean squares of compressed magnitudes.
 *
 * @param magnitudes of the slots, [N, slots, frames, frequencies]
 * @param targets of the sources, the same shape
 */
export function audioSlotsLoss(magnitudes: tf.Tensor, targets: tf.Tensor): PermutationInvariantResult {
  const squares = pairwiseOf((estimate, target) => tf.mean(tf.squaredDifference(estimate, target), [1, 2]));
  return permutationInvariantLoss(magnitudes, targets, squares);
}

interface Batch {
  readonly mixture: tf.Tensor;
  readonly sources: tf.Tensor;
}

/**
 * Trains slots to draw the spectrograms of a mixture's sources, with {@link audioSlotsLoss}.
 *
 * @throws InvalidArgumentError when model and data differ in sources or sample rate
 */
export async function trainAudioSlots(
  model: AudioSlots,
  data: MixtureDataset,
  options: StandardOptions,
): Promise<FitResult> {
  const { batchSize = 8, seed = 0 } = options;
  check(
    model.numSources === data.options.sources && model.sampleRate === data.sampleRate,
    () =>
      `the model is for ${model.numSources} sources at ${model.sampleRate} Hz, the mixtures are of ${data.options.sources} at ${data.sampleRate} Hz`,
  );
  const train = new DataLoader<MixtureExample, Batch>(data, {
    batchSize,
    shuffle: true,
    seed,
    dropLast: true,
    collate: (examples) => stack(examples.map(({ mixture, sources }) => ({ mixture, sources }))),
  });
  return standardFit<AudioSlots, Batch>(
    model,
    {
      train,
      loss: (network, { mixture, sources }) =>
        scope(() => {
          const seen = network.compress(network.spectrogram(mixture));
          return audioSlotsLoss(network.decode(network.encode(seen), seen), magnitudesOf(network, sources)).loss;
        }),
      save: { config: model.checkpointConfig() },
    },
    options,
  );
}

/** Sources [N, slots, time] to compressed magnitudes [N, slots, frames, frequencies]. */
function magnitudesOf(model: AudioSlots, sources: tf.Tensor): tf.Tensor {
  const [batch, slots, time] = sources.shape as [number, number, number];
  const all = model.compress(model.spectrogram(tf.reshape(sources, [batch * slots, time])));
  return tf.reshape(all, [batch, slots, ...all.shape.slice(1)]);
}
