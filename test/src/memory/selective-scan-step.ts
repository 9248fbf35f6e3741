// One forward and backward pass of a large selective scan on the native backend. Prints, in bytes, how far the process's memory grew at
// its peak, and what the inputs and outputs alone take.
import * as tf from '@tensorflow/tfjs-core';
import { functional, useBackend } from '@hourglass/core';

const [length, channels, states] = process.argv.slice(2).map(Number) as [number, number, number];
await useBackend('native');
const peak = (): number => process.resourceUsage().maxRSS * 1024;
// whatever is loaded at the first call
tf.tidy(() => tf.grad((x: tf.Tensor) => functional.selectiveScan(x, x, tf.ones([1, 1]), x, x))(tf.ones([1, 2, 1])));
const before = peak();

const whole = [1, length, channels];
const rows = [1, length, states];
const inputs = [
  tf.fill(whole, 0.5),
  tf.fill(whole, 0.1),
  tf.fill([channels, states], -1),
  tf.fill(rows, 0.25),
  tf.fill(rows, 0.5),
  tf.fill(whole, 1),
];
const dy = tf.fill(whole, 1);
const { value, grads } = tf.valueAndGrads((u, delta, A, B, C, z) =>
  functional.selectiveScan(u!, delta!, A!, B!, C!, { z: z! }),
)(inputs, dy);
const numbers = [...inputs, dy, value, ...grads].reduce((sum, { size }) => sum + size, 0);
const [first, last] = [0, length - 1].map((t) => tf.slice(value, [0, t, 0], [1, 1, 1]).dataSync()[0]);
console.log(JSON.stringify({ grown: peak() - before, needed: numbers * 4, first, last }));
