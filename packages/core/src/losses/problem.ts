import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../memory.js';
import { crossEntropy } from './cross-entropy.js';

/** What transformers' configurations call the kind of labels that a classifier learns. */
export type ProblemType = 'regression' | 'single_label_classification' | 'multi_label_classification';

/**
 * The loss that a `problem_type` names: mean squared error, cross entropy, or binary cross entropy of each label. Without one, a single
 * output is regression, integers are single labels, and floats are many labels.
 *
 * @param logits float32 [N, labels]
 * @param labels int32 [N] for one label each; float32 [N, labels] for many or for regression
 * @returns a scalar
 */
export function problemLoss(logits: tf.Tensor, labels: tf.Tensor, problem: ProblemType | null = null): tf.Tensor {
  const guess = labels.dtype === 'int32' ? 'single_label_classification' : 'multi_label_classification';
  return scope(() => {
    switch (problem ?? (logits.shape.at(-1) === 1 ? 'regression' : guess)) {
      case 'regression':
        return tf.mean(tf.squaredDifference(tf.reshape(logits, labels.shape), tf.cast(labels, 'float32')));
      case 'single_label_classification':
        return crossEntropy(logits, tf.reshape(labels, [-1]));
      case 'multi_label_classification':
        return tf.mean(tf.sub(tf.softplus(logits), tf.mul(logits, tf.cast(labels, 'float32'))));
    }
  });
}
