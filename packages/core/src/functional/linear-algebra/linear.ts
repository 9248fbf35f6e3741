import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { Linear, LinearGradient } from '../../kernels/linear/spec.js';
import { scope } from '../../memory.js';
import { customOp } from '../custom-op.js';
import { channelMeans } from '../normalization/channels.js';

/**
 * x [..., in] times weight [in, out] plus bias [out] (or null): [..., out].
 *
 * @throws InvalidArgumentError when the sizes do not fit.
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | null = null): tf.Tensor {
  const [inputs, outputs] = weight.shape as [number, number];
  check(
    weight.rank === 2 && x.rank >= 1 && x.shape.at(-1) === inputs,
    () => `linear: input [${x.shape.join(', ')}] does not fit a weight of shape [${weight.shape.join(', ')}] (in, out)`,
  );
  check(
    bias === null || (bias.rank === 1 && bias.shape[0] === outputs),
    () => `linear: bias of shape [${bias!.shape.join(', ')}] for ${outputs} outputs`,
  );
  return scope(() => {
    const rows = tf.reshape(x, [x.size / inputs, inputs]);
    return tf.reshape(affine(rows, weight, bias), [...x.shape.slice(0, -1), outputs]);
  });
}

function affine(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | null): tf.Tensor {
  const rows = x.shape[0]!;
  return customOp(
    bias === null ? [x, weight] : [x, weight, bias],
    (x, weight, bias) => {
      const own = Linear.run({ x: x!, weight: weight!, bias }, {});
      if (own !== null) return { value: own[0]! };
      // not tf.fused.matMul: on wasm it packs the weight anew whenever the bias is another tensor
      const product = tf.matMul(x!, weight!);
      return { value: bias === undefined ? product : tf.add(product, bias) };
    },
    (dy, [x, weight, bias]) => {
      const own = LinearGradient.run({ dy, x: x!, weight: weight! }, { bias: bias !== undefined });
      if (own !== null) return own;
      const gradients = [tf.matMul(dy, weight!, false, true), tf.matMul(x!, dy, true, false)];
      if (bias !== undefined) {
        const means = channelMeans(tf.reshape(dy, [1, rows, bias.size]));
        gradients.push(tf.mul(tf.reshape(means, bias.shape), rows));
      }
      return gradients;
    },
  );
}
