import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { ElementwiseGrad } from '../../kernels/elementwise-grad/spec.js';
import { Linear, LinearGradient } from '../../kernels/linear/spec.js';
import { scope } from '../../memory.js';
import type { FusedActivation } from '../../module/index.js';
import { customOp } from '../../gradients/custom-op.js';
import { channelMeans } from '../../kernels/channels.js';

/**
 * x [..., in] times weight [in, out] plus bias [out] (or null): [..., out].
 *
 * @param options.activation applied to the result, in the same pass where the backend can
 * @throws InvalidArgumentError when the sizes do not fit.
 */
export function linear(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null = null,
  options: { activation?: FusedActivation } = {},
): tf.Tensor {
  const [inputs, outputs] = weight.shape as [number, number];
  check(
    weight.rank === 2 && x.rank >= 1 && x.shape.at(-1) === inputs,
    () => `linear: input [${x.shape.join(', ')}] does not fit a weight of shape [${weight.shape.join(', ')}] (in, out)`,
  );
  check(
    bias === null || (bias.rank === 1 && bias.shape[0] === outputs),
    () => `linear: bias of shape [${bias!.shape.join(', ')}] for ${outputs} outputs`,
  );
  return scope(() => affine(x, weight, bias, options.activation ?? null));
}

function affine(
  x: tf.Tensor,
  weight: tf.Tensor,
  bias: tf.Tensor | null,
  activation: FusedActivation | null,
): tf.Tensor {
  const [inputs, outputs] = weight.shape as [number, number];
  const rows = x.size / inputs;
  return customOp(
    bias === null ? [x, weight] : [x, weight, bias],
    (x, weight, bias) => {
      const value = Linear.run({ x: x!, weight: weight!, bias }, { activation })?.[0] ?? composed(x!, weight!, bias);
      return activation === null ? { value } : { value, saved: [value] };
    },
    (dAfter, [x, weight, bias], saved) => {
      const dy = activation === null ? dAfter : reluGradient(dAfter, saved?.[0] ?? composed(x!, weight!, bias));
      const own = LinearGradient.run({ dy, x: x!, weight: weight! }, { bias: bias !== undefined });
      if (own !== null) return own;
      const dRows = tf.reshape(dy, [rows, outputs]);
      const gradients = [
        tf.reshape(tf.matMul(dRows, weight!, false, true), x!.shape),
        tf.matMul(tf.reshape(x!, [rows, inputs]), dRows, true, false),
      ];
      if (bias !== undefined) {
        const means = channelMeans(tf.reshape(dy, [1, rows, outputs]));
        gradients.push(tf.mul(tf.reshape(means, bias.shape), rows));
      }
      return gradients;
    },
  );

  function composed(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | undefined): tf.Tensor {
    // not tf.fused.matMul: on wasm it packs the weight anew whenever the bias is another tensor
    const product = tf.matMul(tf.reshape(x, [rows, inputs]), weight);
    const sum = bias === undefined ? product : tf.add(product, bias);
    const y = tf.reshape(sum, [...x.shape.slice(0, -1), outputs]);
    return activation === null ? y : tf.relu(y);
  }
}

/** The gradient before a ReLU, from that after it and its output. */
function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return ElementwiseGrad.run({ dy, value: y }, { of: 'Relu' })[0]!;
}
