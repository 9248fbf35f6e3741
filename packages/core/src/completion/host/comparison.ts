import * as tf from '@tensorflow/tfjs-core';
import { hostKernel, type Host, type HostKernel, type Values } from './host.js';
import { broadcastStrides, copyStrided, dense } from './strided.js';

type Compare = (to: Values, a: Values, b: Values) => void;

// a loop each: a function called for every element would take most of the time
function equal(to: Values, a: Values, b: Values): void {
  for (let i = 0; i < to.length; i++) to[i] = a[i] === b[i] ? 1 : 0;
}
function notEqual(to: Values, a: Values, b: Values): void {
  for (let i = 0; i < to.length; i++) to[i] = a[i] === b[i] ? 0 : 1;
}
function less(to: Values, a: Values, b: Values): void {
  for (let i = 0; i < to.length; i++) to[i] = a[i]! < b[i]! ? 1 : 0;
}
function lessEqual(to: Values, a: Values, b: Values): void {
  for (let i = 0; i < to.length; i++) to[i] = a[i]! <= b[i]! ? 1 : 0;
}

/** The numbers of `x` repeated to `shape`, in memory of their own where they have to be. */
function repeated(host: Host, x: tf.TensorInfo, shape: number[], size: number): Values {
  const from = host.view(x);
  if (from.length === size) return from;
  const to = from instanceof Float32Array ? new Float32Array(size) : new Int32Array(size);
  copyStrided(shape, from, { offset: 0, strides: broadcastStrides(x.shape, shape) }, to, dense(shape));
  return to;
}

/** On wasm TFJS takes some 250 ns an element where one side is repeated. */
function comparison(kernelName: string, compare: Compare, turned = false): HostKernel {
  return hostKernel(kernelName, 'slow', ({ a, b }, _, host) => {
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
    const out = host.allocate(shape, 'bool');
    const to = host.view(out);
    const [left, right] = [a!, b!].map((x) => repeated(host, x, shape, to.length)) as [Values, Values];
    if (turned) compare(to, right, left);
    else compare(to, left, right);
    return out;
  });
}

export const comparisonKernels: readonly HostKernel[] = [
  comparison(tf.Equal, equal),
  comparison(tf.NotEqual, notEqual),
  comparison(tf.Less, less),
  comparison(tf.LessEqual, lessEqual),
  comparison(tf.Greater, less, true),
  comparison(tf.GreaterEqual, lessEqual, true),
];
