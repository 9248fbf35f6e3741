import type * as tf from '@tensorflow/tfjs-core';
import { check, DataLoader, stack, standardFit, type FitResult, type StandardOptions } from '@hourglass/core';
import type { MixtureDataset, MixtureExample } from '../data/mixtures.js';
import { pairwiseNegativeSdr, permutationInvariantLoss, type SdrKind } from '../losses/index.js';
import { separationScores, type SeparationScores } from '../metrics/separation.js';
import type { SeparationModel } from '../models/separation/index.js';
import { meanOf, scoreExamples, type ScoreOptions } from './score-examples.js';

/** See {@link StandardOptions} for how long, how fast and where to. */
export interface TrainSeparationOptions extends StandardOptions {
  /** What is maximised, with the sources in the order that fits best. Default `snr`, which also teaches how loud they are. */
  readonly ratio?: SdrKind;
  /** Scored after each epoch; the best checkpoint has the highest SI-SDR improvement on it. */
  readonly validation?: MixtureDataset;
}

interface Batch {
  /** [N, time] */
  readonly mixture: tf.Tensor;
  /** [N, sources, time] */
  readonly sources: tf.Tensor;
}

const collate = (examples: readonly MixtureExample[]): Batch =>
  stack(examples.map(({ mixture, sources }) => ({ mixture, sources })));

/**
 * Trains a separator with permutation-invariant training (Yu et al. 2017, arXiv:1607.00325). Everything random depends on `seed` alone.
 *
 * @param data mixtures to learn from, new ones in every epoch where they are `fresh`
 * @throws InvalidArgumentError when model and data differ in sources or sample rate
 */
export async function trainSeparation(
  model: SeparationModel,
  data: MixtureDataset,
  options: TrainSeparationOptions,
): Promise<FitResult> {
  const { batchSize = 8, seed = 0, ratio: kind = 'snr', validation, clipNorm = 5 } = options;
  checkFit(model, data);
  if (validation !== undefined) checkFit(model, validation);
  const loader = new DataLoader<MixtureExample, Batch>(data, {
    batchSize: Math.min(batchSize, data.length),
    shuffle: true,
    seed,
    dropLast: true,
    collate,
  });
  return standardFit<SeparationModel, Batch>(
    model,
    {
      train: loader,
      loss: (network, { mixture, sources }) =>
        permutationInvariantLoss(network.forward(mixture), sources, (estimates, targets) =>
          pairwiseNegativeSdr(estimates, targets, { kind }),
        ).loss,
      ...(validation && {
        validate: async (network: SeparationModel) => {
          const { siSdr, siSdri, snr } = await evaluateSeparation(network, validation, { batchSize });
          return { siSdr, siSdri, snr };
        },
        monitor: { metric: 'siSdri', mode: 'max' as const },
      }),
      save: { config: model.checkpointConfig() },
    },
    { ...options, clipNorm },
  );
}

export interface SeparationReport extends SeparationScores {
  readonly mixtures: number;
  /** Standard deviation of the improvement over the mixtures. */
  readonly siSdriDeviation: number;
  /** Share of mixtures whose SI-SDR became better. */
  readonly improved: number;
}

/** Mean scores of a separator on mixtures, in evaluation mode. */
export async function evaluateSeparation(
  model: SeparationModel,
  data: MixtureDataset,
  options: ScoreOptions = {},
): Promise<SeparationReport> {
  checkFit(model, data);
  const tracks = (values: Float32Array): Float32Array[] =>
    Array.from({ length: data.options.sources }, (_, s) => values.subarray(s * data.samples, (s + 1) * data.samples));
  const all = await scoreExamples(
    model,
    data,
    options,
    collate,
    ({ mixture }) => model.forward(mixture),
    (estimates, { mixture, sources }) => separationScores(tracks(estimates), tracks(sources.values), mixture),
  );
  const siSdri = meanOf(all, (scores) => scores.siSdri);
  return {
    mixtures: all.length,
    siSdr: meanOf(all, (scores) => scores.siSdr),
    siSdri,
    siSdriDeviation: Math.sqrt(meanOf(all, (scores) => (scores.siSdri - siSdri) ** 2)),
    snr: meanOf(all, (scores) => scores.snr),
    improved: meanOf(all, (scores) => (scores.siSdri > 0 ? 1 : 0)),
  };
}

function checkFit(model: SeparationModel, data: MixtureDataset): void {
  const { sources } = data.options;
  check(
    model.numSources === sources,
    () => `the model gives ${model.numSources} sources, the mixtures are of ${sources}`,
  );
  check(
    model.sampleRate === null || model.sampleRate === data.sampleRate,
    () => `the model is for sound of ${model.sampleRate} Hz, the mixtures are of ${data.sampleRate} Hz`,
  );
}
