import type * as tf from '@tensorflow/tfjs-core';
import { check, DataLoader, stack, standardFit, type FitResult, type StandardOptions } from '@hourglass/core';
import type { NoisyDataset, NoisyExample } from '../data/noisy.js';
import { siSdr } from '../metrics/index.js';
import { complexIdealRatioMask, frcrnLoss, type FRCRN } from '../models/enhancement/index.js';
import { meanOf, scoreExamples, type ScoreOptions } from './score-examples.js';

/** See {@link StandardOptions} for how long, how fast and where to. */
export interface TrainEnhancementOptions extends StandardOptions {
  /** Weight of the mask's error against that of the sound. Default 1, as the published models have it. */
  readonly maskWeight?: number;
  /** Scored after each epoch; the best checkpoint has the highest SI-SDR improvement on it. */
  readonly validation?: NoisyDataset;
}

/** [N, time] each. */
interface Batch {
  readonly noisy: tf.Tensor;
  readonly clean: tf.Tensor;
}

const collate = (examples: readonly NoisyExample[]): Batch =>
  stack(examples.map(({ noisy, clean }) => ({ noisy, clean })));

/**
 * Trains a network to take noise out of sound, with FRCRN's loss of sound and mask. Everything random depends on `seed` alone.
 *
 * @param data examples to learn from, new ones in every epoch where they are `fresh`
 * @throws InvalidArgumentError when model and data differ in sample rate
 */
export async function trainEnhancement(
  model: FRCRN,
  data: NoisyDataset,
  options: TrainEnhancementOptions,
): Promise<FitResult> {
  const { batchSize = 8, seed = 0, validation, maskWeight = 1 } = options;
  checkRate(model, data);
  const train = new DataLoader<NoisyExample, Batch>(data, {
    batchSize: Math.min(batchSize, data.length),
    shuffle: true,
    seed,
    dropLast: true,
    collate,
  });
  return standardFit<FRCRN, Batch>(
    model,
    {
      train,
      loss(network, { noisy, clean }) {
        const { waveform, mask } = network.outputs(noisy);
        const targetMask = complexIdealRatioMask(network.spectrum(noisy), network.spectrum(clean));
        return frcrnLoss({ waveform, targetWaveform: clean, mask, targetMask, maskWeight });
      },
      ...(validation && {
        validate: async (network: FRCRN) => {
          const { siSdr, siSdri } = await evaluateEnhancement(network, validation, { batchSize });
          return { siSdr, siSdri };
        },
        monitor: { metric: 'siSdri', mode: 'max' as const },
      }),
      save: { config: model.checkpointConfig() },
    },
    options,
  );
}

/** Means over examples, in decibels. */
export interface EnhancementReport {
  readonly examples: number;
  readonly siSdr: number;
  /** Improvement over the noisy sound. */
  readonly siSdri: number;
  /** Share of examples that became better. */
  readonly improved: number;
}

/** Scores of a network on noisy sound, in evaluation mode. */
export async function evaluateEnhancement(
  model: FRCRN,
  data: NoisyDataset,
  options: ScoreOptions = {},
): Promise<EnhancementReport> {
  checkRate(model, data);
  const scores = await scoreExamples(
    model,
    data,
    options,
    collate,
    ({ noisy }) => model.forward(noisy),
    (enhanced, { noisy, clean }) => {
      const ratio = siSdr(enhanced, clean);
      return { siSdr: ratio, siSdri: ratio - siSdr(noisy, clean) };
    },
  );
  return {
    examples: scores.length,
    siSdr: meanOf(scores, (one) => one.siSdr),
    siSdri: meanOf(scores, (one) => one.siSdri),
    improved: meanOf(scores, (one) => (one.siSdri > 0 ? 1 : 0)),
  };
}

function checkRate(model: FRCRN, data: NoisyDataset): void {
  check(
    model.sampleRate === data.sampleRate,
    () => `the model is for sound of ${model.sampleRate} Hz, the data is of ${data.sampleRate} Hz`,
  );
}
