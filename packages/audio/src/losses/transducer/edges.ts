import { customOp, functional, scope } from '@hourglass/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Edges } from './recursion.js';

/**
 * What a joiner's scores say of the two edges of each node: its blank's and its label's value, float32 [N, T, R] both.
 *
 * @param logits float32 [N, T, R, V]
 * @param labels int32, broadcast to [N, T, R]: each node's label
 */
export function pick(logits: tf.Tensor, labels: tf.Tensor, blank: number): Edges {
  return scope(() => {
    const [n, t, r, v] = logits.shape as [number, number, number, number];
    const starts = Int32Array.from({ length: n * t * r }, (_, row) => row * v);
    const index = tf.add(tf.tensor3d(starts, [n, t, r], 'int32'), labels);
    const label = tf.gather(tf.reshape(logits, [-1]), tf.reshape(index, [-1]));
    return {
      blank: tf.reshape(tf.slice(logits, [0, 0, 0, blank], [n, t, r, 1]), [n, t, r]),
      label: tf.reshape(label, [n, t, r]),
    };
  });
}

/**
 * The gradient by the logits of what was {@link pick | picked} and, where there is a normalizer (the logarithm of the sum of exponentials, [N, T, R]),
 * normalised, from the gradients by both edges.
 */
export function pickGradient(
  logits: tf.Tensor,
  labels: tf.Tensor,
  blank: number,
  normalizer: tf.Tensor | null,
  by: Edges,
): tf.Tensor {
  return scope(() => {
    const classes = logits.shape[3]!;
    const ofLabel = tf.mul(tf.expandDims(by.label, 3), tf.oneHot(tf.cast(labels, 'int32'), classes));
    const ofBlank = tf.mul(tf.expandDims(by.blank, 3), tf.oneHot(tf.scalar(blank, 'int32'), classes));
    const taken = tf.add(ofLabel, ofBlank);
    if (normalizer === null) return taken;
    const probabilities = tf.exp(tf.sub(logits, tf.expandDims(normalizer, 3)));
    return tf.sub(taken, tf.mul(probabilities, tf.expandDims(tf.add(by.blank, by.label), 3)));
  });
}

/**
 * Log probabilities of both edges of each node, from a joiner's unnormalised scores. Keeps no tensor of the logits' size besides them for the backward
 * pass.
 *
 * @param logits float32 [N, T, R, V]
 * @param labels int32, broadcast to [N, T, R]: each node's label
 */
export function edgeLogProbabilities(logits: tf.Tensor, labels: tf.Tensor, blank: number): Edges {
  return scope(() => {
    const both = customOp(
      [logits],
      (logits) => {
        const normalizer = functional.logsumexp(logits!);
        const { blank: b, label } = pick(logits!, labels, blank);
        return { value: tf.stack([tf.sub(b, normalizer), tf.sub(label, normalizer)]), saved: [normalizer] };
      },
      (dy, [logits], saved, [labels]) => {
        const normalizer = saved?.[0] ?? functional.logsumexp(logits!);
        const [b, label] = tf.unstack(dy) as [tf.Tensor, tf.Tensor];
        return pickGradient(logits!, labels!, blank, normalizer, { blank: b, label });
      },
      [labels],
    );
    const [b, label] = tf.unstack(both) as [tf.Tensor, tf.Tensor];
    return { blank: b, label };
  });
}
