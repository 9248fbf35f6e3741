import type * as tf from '@tensorflow/tfjs-core';
import {
  check,
  DataLoader,
  disposeTensors,
  evaluate,
  stack,
  standardFit,
  type FitResult,
  type StandardOptions,
} from '@hourglass/core';
import type { NoisyDataset, NoisyExample } from '../data/noisy.js';
import { siSdr } from '../metrics/index.js';
import { complexIdealRatioMask, frcrnLoss, type FRCRN } from '../models/enhancement/index.js';

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
  { batchSize = 8, signal }: { readonly batchSize?: number; readonly signal?: AbortSignal } = {},
): Promise<EnhancementReport> {
  checkRate(model, data);
  const scores: Array<{ readonly siSdr: number; readonly siSdri: number }> = [];
  for (let start = 0; start < data.length; start += batchSize) {
    signal?.throwIfAborted();
    const examples = Array.from({ length: Math.min(batchSize, data.length - start) }, (_, i) => data.get(start + i));
    const [enhanced] = await evaluate(model, [collate(examples)], ({ noisy }) => model.forward(noisy));
    const values = await enhanced!.data<'float32'>();
    disposeTensors(enhanced);
    examples.forEach(({ noisy, clean }, i) => {
      const ratio = siSdr(values.subarray(i * data.samples, (i + 1) * data.samples), clean);
      scores.push({ siSdr: ratio, siSdri: ratio - siSdr(noisy, clean) });
    });
  }
  const mean = (score: (one: (typeof scores)[number]) => number): number =>
    scores.reduce((sum, one) => sum + score(one), 0) / scores.length;
  return {
    examples: scores.length,
    siSdr: mean((one) => one.siSdr),
    siSdri: mean((one) => one.siSdri),
    improved: mean((one) => (one.siSdri > 0 ? 1 : 0)),
  };
}

function checkRate(model: FRCRN, data: NoisyDataset): void {
  check(
    model.sampleRate === data.sampleRate,
    () => `the model is for sound of ${model.sampleRate} Hz, the data is of ${data.sampleRate} Hz`,
  );
}
