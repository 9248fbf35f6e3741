import * as tf from '@tensorflow/tfjs-core';
import {
  check,
  DataLoader,
  map,
  standardFit,
  type BatchSource,
  type Dataset,
  type FitResult,
  type StandardOptions,
} from '@hourglass/core';
import { augmentationPreset, type AugmentationPreset } from '../data/augmentation/index.js';
import { collateSegmentation, type SegmentationBatch } from '../data/batch.js';
import { fitSize } from '../data/fit.js';
import type { SegmentationExample, Size } from '../data/image.js';
import { imagenetPreprocessing, type Preprocessing } from '../data/preprocessing.js';
import type { SegmentationDataset } from '../data/segmentation-dataset.js';
import type { SegmentationModel } from '../models/segmentation.js';
import { evaluateSegmentation, summarise } from './evaluate.js';
import { segmentationLoss } from './loss.js';
import type { SegmentationSetup } from '../models/setup.js';

/** See {@link StandardOptions} for how long, how fast and where to. */
export interface TrainSegmentationOptions extends StandardOptions {
  /** Size at which pictures go through the network; default the first picture's, rounded down to the model's stride. */
  readonly size?: Size;
  /** See {@link segmentationLoss}; default `ce`. */
  readonly loss?: string;
  /** `balanced` weighs classes in the cross entropy by 1 / log(1.02 + share) (Paszke et al., 2016); needs `pixelCounts`. */
  readonly classWeights?: 'none' | 'balanced';
  /** Pixels of each class, as a data set's `verify` returns them. */
  readonly pixelCounts?: readonly number[];
  /** Default `light`. */
  readonly augment?: AugmentationPreset;
  readonly preprocessing?: Preprocessing;
  /** Scored after each epoch; the best checkpoint is the one with the highest mean IoU on it. */
  readonly validation?: SegmentationDataset;
}

/**
 * Trains a segmentation model. Everything random depends on `seed` alone, so a run that was killed and resumed ends
 * with the same weights as an unbroken one on the same backend.
 *
 * @throws InvalidArgumentError when the data has more classes than the model; FileError for examples that cannot be read.
 */
export async function trainSegmentation(
  model: SegmentationModel,
  train: SegmentationDataset,
  options: TrainSegmentationOptions,
): Promise<FitResult> {
  const { batchSize = 8, seed = 0, loss = 'ce', augment = 'light', validation } = options;
  check(train.length > 0, 'the training set is empty');
  check(
    train.classes.length === model.config.classes,
    `the model has ${model.config.classes} classes, the data ${train.classes.length} (${train.classes.join(', ')})`,
  );
  const term = segmentationLoss(loss);
  const setup = await resolveSetup(model, train, options);
  const loader = trainingLoader(train, setup, { batchSize, seed, augment });
  const weight = options.classWeights === 'balanced' ? balancedWeights(options.pixelCounts) : undefined;
  const { ignoreIndex } = setup;
  const lossOptions = { ignoreIndex, ...(weight && { weight }) };
  try {
    return await standardFit<SegmentationModel, SegmentationBatch>(
      model,
      {
        train: loader,
        loss: (network, { image, mask }) => {
          if (!network.config.deepSupervision) return term(network.forward(image), mask, lossOptions);
          // every branch is trained to the same masks (Zhou et al., 2018)
          const branches = network.branches(image);
          return tf.div(tf.addN(branches.map((logits) => term(logits, mask, lossOptions))), branches.length);
        },
        ...(validation && {
          validate: async (network: SegmentationModel) =>
            summarise(await evaluateSegmentation(network, validation, { batchSize, setup })),
          monitor: { metric: 'mIoU', mode: 'max' as const },
        }),
        save: { config: model.checkpointConfig() },
      },
      options,
    );
  } finally {
    weight?.dispose();
  }
}

/** Names, colours and sizes go into the model's configuration, so that a checkpoint can be used without its data. */
async function resolveSetup(
  model: SegmentationModel,
  train: SegmentationDataset,
  { size, preprocessing }: TrainSegmentationOptions,
): Promise<SegmentationSetup & { readonly size: Size }> {
  const stride = model.encoder.outputStride;
  const wanted = size ?? fitSize((await train.get(0)).image, stride);
  check(
    wanted.width % stride === 0 && wanted.height % stride === 0,
    `training at ${wanted.width} × ${wanted.height} does not fit this model: both must be multiples of ${stride}`,
  );
  const { classes, palette, ignoreIndex } = train;
  const setup = { classes, palette, ignoreIndex, preprocessing: preprocessing ?? imagenetPreprocessing, size: wanted };
  model.setup = setup;
  return setup;
}

function trainingLoader(
  train: Dataset<SegmentationExample>,
  { size, ignoreIndex, preprocessing }: SegmentationSetup & { readonly size: Size },
  { batchSize, seed, augment }: { batchSize: number; seed: number; augment: AugmentationPreset },
): BatchSource<SegmentationBatch> {
  const transform = augmentationPreset(augment, size, { ignoreIndex });
  const examples = map(train, (example, { generator }) => transform(example, generator));
  return new DataLoader(examples, {
    batchSize: Math.min(batchSize, train.length),
    shuffle: true,
    dropLast: true,
    seed,
    collate: (batch: readonly SegmentationExample[]) => collateSegmentation(batch, preprocessing),
  });
}

function balancedWeights(pixelCounts: readonly number[] | undefined): tf.Tensor {
  check(
    pixelCounts !== undefined,
    "balanced class weights need pixelCounts: pass what the data set's verify() returns",
  );
  const total = pixelCounts.reduce((sum, count) => sum + count, 0);
  return tf.tensor1d(pixelCounts.map((count) => (count === 0 ? 0 : 1 / Math.log(1.02 + count / total))));
}
