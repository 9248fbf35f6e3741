import * as tf from '@tensorflow/tfjs-core';
import { check } from '../../errors.js';
import { scope } from '../../memory.js';
import { gelu, silu } from './gates.js';
import { normalizeAxis } from './softmax.js';

function halves(name: string, x: tf.Tensor, dim: number): [tf.Tensor, tf.Tensor] {
  const axis = normalizeAxis(dim, x);
  check(
    x.shape[axis]! % 2 === 0,
    () => `${name} halves axis ${dim}, which is odd in an input of shape [${x.shape.join(', ')}]`,
  );
  return tf.split(x, 2, axis) as [tf.Tensor, tf.Tensor];
}

/** a sigmoid(b), a and b the halves of x along `dim` (Dauphin et al. 2016, arXiv:1612.08083). */
export function glu(x: tf.Tensor, dim = -1): tf.Tensor {
  return scope(() => {
    const [a, b] = halves('glu', x, dim);
    return tf.mul(a, tf.sigmoid(b));
  });
}

/** silu(a) b, a and b the halves of x along `dim` (Shazeer 2020, arXiv:2002.05202), in the order that LLaMA uses. */
export function swiglu(x: tf.Tensor, dim = -1): tf.Tensor {
  return scope(() => {
    const [a, b] = halves('swiglu', x, dim);
    return tf.mul(silu(a), b);
  });
}

/** a gelu(b), a and b the halves of x along `dim` (Shazeer 2020, arXiv:2002.05202), in the order of diffusers. */
export function geglu(x: tf.Tensor, options: { dim?: number; approximate?: 'none' | 'tanh' } = {}): tf.Tensor {
  return scope(() => {
    const [a, b] = halves('geglu', x, options.dim ?? -1);
    return tf.mul(a, gelu(b, { approximate: options.approximate ?? 'none' }));
  });
}

/** a max(b, 0), a and b the halves of x along `dim` (Shazeer 2020, arXiv:2002.05202). */
export function reglu(x: tf.Tensor, dim = -1): tf.Tensor {
  return scope(() => {
    const [a, b] = halves('reglu', x, dim);
    return tf.mul(a, tf.relu(b));
  });
}
