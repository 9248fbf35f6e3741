import * as tf from '@tensorflow/tfjs-core';

/** What to add to the scores [l, s]: 0 where a key is seen, -inf where not. Null where all are. */
export function combinedMask(mask: tf.Tensor | null, causal: boolean, l: number, s: number): tf.Tensor | null {
  const additive = mask === null ? null : mask.dtype === 'bool' ? boolToBias(mask) : tf.cast(mask, 'float32');
  if (!causal) return additive;
  const bias = causalBias(l, s);
  return additive === null ? bias : tf.add(additive, bias);
}

/** A bool mask, true where a key is seen, as 0 and -inf to be added to scores. */
export function boolToBias(seen: tf.Tensor): tf.Tensor {
  return tf.where(tf.cast(seen, 'bool'), tf.zeros(seen.shape), tf.fill(seen.shape, -Infinity));
}

/** [l, s]: 0 where query i may see key j (j <= i), -inf elsewhere. */
function causalBias(l: number, s: number): tf.Tensor {
  const values = new Float32Array(l * s);
  for (let i = 0; i < l; i++) values.fill(-Infinity, Math.min(i * s + i + 1, (i + 1) * s), (i + 1) * s);
  return tf.tensor2d(values, [l, s]);
}
