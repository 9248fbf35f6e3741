import { metrics, progressed, type Dataset, type Watch } from '@hourglass/core';
import type { SegmentationExample } from '../data/image.js';
import type { SegmentationModel } from '../models/segmentation.js';
import { predictLabels } from './predict.js';
import type { SegmentationSetup } from '../models/setup.js';

export interface EvaluateOptions extends Watch {
  /** Pictures of one size that go through the network together. Default 8. */
  readonly batchSize?: number;
  /** Default the model's own. */
  readonly setup?: SegmentationSetup;
}

export interface SegmentationScores extends metrics.ConfusionSummary {
  /** Mean IoU of calling everything the most frequent class of this data: what a model must beat. */
  readonly majorityMeanIou: number;
  /** Pairs of true and predicted classes. */
  readonly confusion: metrics.ConfusionMatrix;
}

/**
 * Scores a model on a data set, each picture at its own size: it goes through the network at the size of training, and its
 * scores are enlarged again before they are compared.
 */
export async function evaluateSegmentation(
  model: SegmentationModel,
  dataset: Dataset<SegmentationExample>,
  { batchSize = 8, setup = model.setup, ...watch }: EvaluateOptions = {},
): Promise<SegmentationScores> {
  const confusion = new metrics.ConfusionMatrix({ classes: model.config.classes, ignoreIndex: setup.ignoreIndex });
  for (let start = 0; start < dataset.length; start += batchSize) {
    const count = Math.min(batchSize, dataset.length - start);
    const examples = await Promise.all(Array.from({ length: count }, (_, i) => dataset.get(start + i)));
    const masks = predictLabels(
      model,
      examples.map(({ image }) => image),
      { setup },
    );
    examples.forEach(({ mask }, i) => confusion.update(masks[i]!.data, mask.data));
    await progressed(watch, start + count, dataset.length);
  }
  return { ...confusion.compute(), majorityMeanIou: majorityMeanIou(confusion), confusion };
}

/** The majority baseline gets its class right where it is, and counts as wrong everywhere else. */
function majorityMeanIou(confusion: metrics.ConfusionMatrix): number {
  const truth = confusion.matrix().map((row) => row.reduce((sum, count) => sum + count, 0));
  const total = truth.reduce((sum, count) => sum + count, 0);
  const present = truth.filter((count) => count > 0).length;
  return Math.max(...truth) / total / present;
}

/** The scores that training logs. */
export function summarise({ meanIou, pixelAccuracy }: SegmentationScores): Record<string, number> {
  return { mIoU: meanIou, pixelAccuracy };
}
