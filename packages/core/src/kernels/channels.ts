import * as tf from '@tensorflow/tfjs-core';

/*
 * The two passes that norms over channels-last tensors consist of, on tensors [batch, positions, channels].
 * Both are chosen by measurement on the wasm backend: reductions over positions by average pooling take a twentieth of
 * the time of tf.sum, which transposes first; a 1x1 depthwise convolution scales and shifts in one pass, where a
 * broadcast multiplication and addition take two or three times as long, more so for few channels.
 */

/** Means over positions: [b, p, c] to [b, c]. Two levels, because a plain sum of many float32 values loses digits. */
export function channelMeans(x: tf.Tensor): tf.Tensor {
  const [b, p, c] = x.shape as [number, number, number];
  const groups = divisorNearRoot(p);
  const partial = averageRows(tf.reshape(x, [b * groups, p / groups, 1, c]));
  return tf.reshape(groups === 1 ? partial : averageRows(tf.reshape(partial, [b, groups, 1, c])), [b, c]);
}

function averageRows(x: tf.Tensor): tf.Tensor {
  return tf.avgPool(x as tf.Tensor4D, [x.shape[1]!, 1], 1, 'valid');
}

function divisorNearRoot(n: number): number {
  for (let d = Math.floor(Math.sqrt(n)); d > 1; d--) if (n % d === 0) return d;
  return 1;
}

/** x [b, p, c] times scale [b, c] plus shift [b, c]; either may be null. Differentiable in all three. */
export function scaleShift(x: tf.Tensor, scale: tf.Tensor | null, shift: tf.Tensor | null): tf.Tensor {
  const [b, p, c] = x.shape as [number, number, number];
  if (b === 1 && !tf.engine().isTapeOn()) {
    const filter = tf.reshape(scale ?? tf.ones([c]), [1, 1, c, 1]) as tf.Tensor4D;
    const image = tf.reshape(x, [1, p, 1, c]) as tf.Tensor4D;
    const y =
      shift === null
        ? tf.depthwiseConv2d(image, filter, 1, 'valid')
        : tf.fused.depthwiseConv2d({ x: image, filter, strides: 1, pad: 'valid', bias: vector(shift) });
    return tf.reshape(y, x.shape);
  }
  const row = (v: tf.Tensor): tf.Tensor => tf.reshape(v, [b, 1, c]);
  const scaled = scale === null ? x : tf.mul(x, row(scale));
  return shift === null ? scaled : tf.add(scaled, row(shift));
}

/** A rank-1 copy: the wasm kernel looks at the shape that the bias's data was born with, which tf.reshape keeps. */
function vector(v: tf.Tensor): tf.Tensor1D {
  return tf.add(tf.reshape(v, [v.size]), 0);
}
