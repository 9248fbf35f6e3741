import type * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { ElementwiseGrad } from '../../kernels/elementwise-grad/spec.js';
import { Linear, LinearGradient } from '../../kernels/linear/spec.js';
import { scope } from '../../memory.js';
import type { FusedActivation } from '../../module/index.js';
import { customOp } from '../../gradients/custom-op.js';
import { isWanted } from '../../gradients/wanted.js';

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
  return customOp(
    bias === null ? [x, weight] : [x, weight, bias],
    (x, weight, bias) => {
      const value = Linear.run({ x: x!, weight: weight!, bias }, { activation })[0]!;
      return activation === null ? { value } : { value, saved: [value] };
    },
    (dAfter, [x, weight, bias], saved) => {
      const y = (): tf.Tensor => saved?.[0] ?? Linear.run({ x: x!, weight: weight!, bias }, { activation })[0]!;
      const dy = activation === null ? dAfter : reluGradient(dAfter, y());
      // that of a network's own input is seldom asked for, and costs as much as the weight's
      const ofX = isWanted(0);
      const gradients = LinearGradient.run({ dy, x: x!, weight: weight! }, { x: ofX, bias: bias !== undefined });
      return ofX ? gradients : [unwanted, ...gradients];
    },
  );
}

function unwanted(): never {
  throw new Error('linear: the gradient of x was said not to be wanted');
}

/** The gradient before a ReLU, from that after it and its output. */
function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return ElementwiseGrad.run({ dy, value: y }, { of: 'Relu' })[0]!;
}
