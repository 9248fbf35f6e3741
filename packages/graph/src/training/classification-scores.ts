import { metrics } from '@hourglass/core';

/** How well classes are told. */
export interface ClassificationScores {
  /** Mean cross entropy. */
  readonly loss: number;
  /** Share that is right. */
  readonly accuracy: number;
  /** Mean F1 of the classes that occur. */
  readonly macroF1: number;
  /** F1 of each class; NaN for one that neither occurs nor is predicted. */
  readonly f1: readonly number[];
  /** How many there were. */
  readonly count: number;
}

/** Row by row probabilities of classes. */
export interface Predictions {
  /** [rows, classes] */
  readonly probabilities: Float32Array;
  readonly classes: number;
}

/** The likeliest class of each row. */
export function likeliest({ probabilities, classes }: Predictions): Int32Array {
  return Int32Array.from({ length: probabilities.length / classes }, (_, row) => {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (probabilities[row * classes + c]! > probabilities[row * classes + best]!) best = c;
    }
    return best;
  });
}

/** @param targets the true class of each row; rows with -1 do not count */
export function classificationScores(predictions: Predictions, targets: Int32Array): ClassificationScores {
  const { probabilities, classes } = predictions;
  const matrix = new metrics.ConfusionMatrix({ classes, ignoreIndex: -1 });
  matrix.update(likeliest(predictions), targets);
  const { pixelAccuracy, meanDice, dice } = matrix.compute();
  let [loss, count] = [0, 0];
  targets.forEach((target, row) => {
    if (target < 0) return;
    loss -= Math.log(Math.max(probabilities[row * classes + target]!, 1e-12));
    count++;
  });
  return { loss: count === 0 ? NaN : loss / count, accuracy: pixelAccuracy, macroF1: meanDice, f1: dice, count };
}
