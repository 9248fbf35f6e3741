import * as tf from '@tensorflow/tfjs-core';

/** [batch, channels, …spatial] of the reference to [batch, …spatial, channels]. */
export function channelsLast(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 2), 1]);
}

/** [batch, …spatial, channels] to the reference's [batch, channels, …spatial]. */
export function channelsFirst(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, x.rank - 1, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 1)]);
}

/** A convolution's weight [a, b, …kernel] to […kernel, b, a]. */
export function kernelFirst(weight: tf.Tensor): tf.Tensor {
  return tf.transpose(weight, [...Array.from({ length: weight.rank - 2 }, (_, i) => i + 2), 1, 0]);
}

/** Reference arguments to options: snake_case names become camelCase. */
export function camelCase(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name.replaceAll(/_([a-z])/g, (_, c: string) => c.toUpperCase()),
      value,
    ]),
  );
}
