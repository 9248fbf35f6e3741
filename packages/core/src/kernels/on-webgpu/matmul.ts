import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import type { Composition } from '../composition.js';

/** TFJS's, but for batches that broadcast: it takes the same number on both sides, or one. Products of nothing are 0. */
export const matmulOnGpu: Composition = {
  kernelName: tf.BatchMatMul,
  because: 'wrong',
  run(inputs, attrs, _, original) {
    const [a, b] = [inputs.a!, inputs.b!];
    const { transposeA, transposeB } = attrs as tf.BatchMatMulAttrs;
    const [m, k] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
    const n = transposeB ? b.shape.at(-2)! : b.shape.at(-1)!;
    const outer = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const total = tf.util.sizeFromShape(outer);
    if (total * m * n * k === 0) return tf.zeros([...outer, m, n], a.dtype as 'float32');
    const whole = ({ shape }: tf.Tensor): boolean => [1, total].includes(tf.util.sizeFromShape(shape.slice(0, -2)));
    if (whole(a) && whole(b)) return original(inputs, attrs);
    return scope(() => {
      const expand = (x: tf.Tensor): tf.Tensor => (whole(x) ? x : tf.broadcastTo(x, [...outer, ...x.shape.slice(-2)]));
      return tf.matMul(expand(a), expand(b), transposeA, transposeB);
    });
  },
};
