import * as tf from '@tensorflow/tfjs-core';
import { scope } from '@hourglass/core';

/** x from -1 to 1 as codes 0 … levels - 1 on a logarithmic scale (ITU-T G.711's mu-law): int32. */
export function muLawEncode(x: tf.Tensor, levels = 256): tf.Tensor {
  const mu = levels - 1;
  return scope(() => {
    const scaled = tf.div(tf.mul(tf.sign(x), tf.log1p(tf.mul(tf.abs(x), mu))), Math.log1p(mu));
    return tf.cast(tf.add(tf.mul(tf.div(tf.add(scaled, 1), 2), mu), 0.5), 'int32');
  });
}

/** The inverse of {@link muLawEncode}: float32 from -1 to 1; differentiable where the codes are floats. */
export function muLawDecode(codes: tf.Tensor, levels = 256): tf.Tensor {
  const mu = levels - 1;
  return scope(() => {
    const x = tf.sub(tf.mul(tf.div(tf.cast(codes, 'float32'), mu), 2), 1);
    return tf.mul(tf.sign(x), tf.div(tf.sub(tf.exp(tf.mul(tf.abs(x), Math.log1p(mu))), 1), mu));
  });
}
