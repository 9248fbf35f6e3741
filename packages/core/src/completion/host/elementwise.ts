import * as tf from '@tensorflow/tfjs-core';
import { hostKernel, type Host, type HostKernel, type Values } from './host.js';
import { broadcastStrides, copyStrided, dense } from './strided.js';

/** Bounds that let NaN through; TFJS's on wasm make the lower bound of it, and read an int32 as a float. */
function clamp(host: Host, x: tf.TensorInfo, low: number, high: number): tf.TensorInfo {
  const out = host.allocate(x.shape, x.dtype);
  const [from, to] = [host.view(x), host.view(out)];
  for (let i = 0; i < to.length; i++) {
    const value = from[i]!;
    to[i] = value < low ? low : value > high ? high : value;
  }
  return out;
}

/** The numbers of `x` repeated to `shape`. */
function broadcast(host: Host, x: tf.TensorInfo, shape: number[], into: Values): Values {
  const from = host.view(x);
  if (from.length === into.length) return from;
  const strides = broadcastStrides(x.shape, shape);
  copyStrided(shape, from, { offset: 0, strides }, into, dense(shape));
  return into;
}

/** The larger or smaller of two; NaN where either is NaN, which TFJS's on wasm forget. */
function extreme(kernelName: string, larger: boolean): HostKernel {
  return hostKernel(kernelName, 'wrong', ({ a, b }, _, host) => {
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
    const out = host.allocate(shape, a!.dtype);
    const to = host.view(out);
    const left = broadcast(host, a!, shape, to);
    // both may need the room of the result: then `a` lies in it, and `b` needs its own
    const right = broadcast(host, b!, shape, left === to ? to.slice() : to);
    for (let i = 0; i < to.length; i++) {
      const [x, y] = [left[i]!, right[i]!];
      to[i] = (larger ? x > y : x < y) || x !== x ? x : y;
    }
    return out;
  });
}

/** A function of each number. */
function each(kernelName: string, value: (x: number) => number): HostKernel {
  return hostKernel(kernelName, 'wrong', ({ x }, _, host) => {
    const out = host.allocate(x!.shape, x!.dtype);
    const [from, to] = [host.view(x!), host.view(out)];
    for (let i = 0; i < to.length; i++) to[i] = value(from[i]!);
    return out;
  });
}

/** TFJS's on wasm takes all numbers up to 1e-7 for 0. */
export const signKernel = each(tf.Sign, (x) => (x > 0 ? 1 : x < 0 ? -1 : 0));
/** TFJS's on wasm is the logarithm of what 1 + x leaves of x. */
export const log1pKernel = each(tf.Log1p, Math.log1p);
export const clipKernel = hostKernel<tf.ClipByValueAttrs>(
  tf.ClipByValue,
  'wrong',
  ({ x }, { clipValueMin, clipValueMax }, host) => clamp(host, x!, clipValueMin, clipValueMax),
);
export const relu6Kernel = hostKernel(tf.Relu6, 'wrong', ({ x }, _, host) => clamp(host, x!, 0, 6));
export const maximumKernel = extreme(tf.Maximum, true);
export const minimumKernel = extreme(tf.Minimum, false);
