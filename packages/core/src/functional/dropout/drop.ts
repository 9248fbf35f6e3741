import * as tf from '@tensorflow/tfjs-core';
import { MaskedScale } from '../../kernels/masked-scale/spec.js';
import { RandomBernoulli } from '../../kernels/random/spec.js';
import { bernoulliMask, bernoulliTensor, Generator, type GeneratorState } from '../../random/index.js';
import { customOp } from '../../gradients/custom-op.js';

/**
 * x with elements set to 0 with probability p, which fall independently, and the others divided by 1 - p (Srivastava et al.
 * 2014, JMLR 15).
 */
export function drop(x: tf.Tensor, p: number, generator: Generator): tf.Tensor {
  return dropTogether(x, x.shape, p, generator);
}

/** {@link drop}, where the elements fall together along the axes in which `maskShape` is 1. */
export function dropTogether(x: tf.Tensor, maskShape: readonly number[], p: number, generator: Generator): tf.Tensor {
  const keep = 1 - p;
  // a mask that is drawn in JavaScript is made of floats, and multiplied as it is
  if (x.dtype === 'float32' && RandomBernoulli.isBrought && tf.util.arraysEqual(x.shape, [...maskShape])) {
    const before = generator.state;
    return masked(x, keep, generator, before);
  }
  const mask = bernoulliTensor(maskShape, keep, generator);
  return tf.mul(x, keep === 0 ? mask : tf.div(mask, keep));
}

/**
 * One kernel draws the mask, one applies it; the gradient is the same function of the gradient.
 *
 * @param before the generator's state before the mask, to draw it again where the gradient is differentiated itself
 */
function masked(x: tf.Tensor, keep: number, generator: Generator, before: GeneratorState): tf.Tensor {
  const scale = keep === 0 ? 0 : 1 / Math.fround(keep);
  return customOp(
    [x],
    (input) => {
      const mask = bernoulliMask(x.shape, keep, generator);
      return { value: MaskedScale.run({ x: input!, mask }, { scale })[0]!, saved: [mask] };
    },
    (dy, _, saved) => {
      if (saved !== null) return MaskedScale.run({ x: dy, mask: saved[0]! }, { scale })[0]!;
      const again = new Generator();
      again.state = before;
      return masked(dy, keep, again, before);
    },
  );
}
