import * as tf from '@tensorflow/tfjs-core';
import { metrics } from '@hourglass/core';
import { opAdapter } from '@hourglass/core/testing';

const scores: Readonly<Record<string, metrics.ScoreFunction>> = {
  iou_score: metrics.iouScore,
  f1_score: metrics.f1Score,
  accuracy: metrics.accuracyScore,
  precision: metrics.precision,
  recall: metrics.recall,
  sensitivity: metrics.sensitivity,
  specificity: metrics.specificity,
  balanced_accuracy: metrics.balancedAccuracy,
  positive_predictive_value: metrics.positivePredictiveValue,
  negative_predictive_value: metrics.negativePredictiveValue,
  false_negative_rate: metrics.falseNegativeRate,
  false_positive_rate: metrics.falsePositiveRate,
  false_discovery_rate: metrics.falseDiscoveryRate,
  false_omission_rate: metrics.falseOmissionRate,
  positive_likelihood_ratio: metrics.positiveLikelihoodRatio,
  negative_likelihood_ratio: metrics.negativeLikelihoodRatio,
};

export const adapters = [
  opAdapter({
    /** Outputs tp, fp, fn, tn, and `<score>.<reduction>`. */
    metrics: ({ args, outputs }) => ({
      forward({ pred, target }) {
        const { mode, num_classes, ignore_index, threshold, class_weights, zero_division } = args as {
          mode: metrics.StatsOptions['mode'];
          num_classes?: number;
          ignore_index?: number;
          threshold?: number | number[];
          class_weights?: number[];
          zero_division?: number | 'warn';
        };
        const channelsLast = (x: tf.Tensor): tf.Tensor =>
          mode === 'multiclass' ? x : tf.transpose(x, [0, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 2), 1]);
        const stats = metrics.getStats(channelsLast(pred!), channelsLast(target!), {
          mode,
          ...(num_classes !== undefined && mode === 'multiclass' && { numClasses: num_classes }),
          ...(ignore_index != null && { ignoreIndex: ignore_index }),
          ...(threshold != null && { threshold }),
        });
        const options = {
          ...(class_weights && { classWeights: class_weights }),
          zeroDivision: zero_division === 'warn' ? 0 : (zero_division ?? 1),
        };
        return Object.fromEntries(
          Array.from(outputs.keys(), (name) => {
            if (name in stats) return [name, tf.tensor(stats[name as keyof metrics.Stats], undefined, 'int32')];
            const [score, reduction] = name.split('.') as [string, metrics.ScoreReduction];
            const beta = /^fbeta_?(.+)$/.exec(score)?.[1];
            const compute = beta === undefined ? scores[score]! : metrics.fbetaScore(Number(beta));
            return [name, tf.tensor(compute(stats, reduction, options))];
          }),
        );
      },
    }),
  }),
];
