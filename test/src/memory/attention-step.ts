// One forward and backward pass of attention on the native backend. Prints, in bytes, how far the process's memory was at its peak
// above what it was after the inputs had been made.
import * as tf from '@tensorflow/tfjs-core';
import { functional, useBackend } from '@hourglass/core';

const [heads, length, features, causal] = process.argv.slice(2).map(Number) as [number, number, number, number];
await useBackend('native');
const step = (inputs: readonly tf.Tensor[], dy: tf.Tensor): { value: tf.Tensor; grads: tf.Tensor[] } =>
  tf.valueAndGrads((q, k, v) => functional.scaledDotProductAttention(q!, k!, v!, { isCausal: causal === 1 }))(
    [...inputs],
    dy,
  );
// whatever is loaded at the first call
tf.tidy(() =>
  step(
    [1, 1, 1].map(() => tf.ones([1, 1, 2, 4])),
    tf.ones([1, 1, 2, 4]),
  ),
);

const shape = [1, heads, length, features];
const inputs = [0.5, 0.25, 0.125].map((value) => tf.fill(shape, value));
const dy = tf.fill(shape, 1);
const before = process.memoryUsage.rss();
const { value, grads } = step(inputs, dy);
const grown = process.resourceUsage().maxRSS * 1024 - before;
const at = (x: tf.Tensor, position: number): number =>
  tf.slice(x, [0, heads - 1, position, 0], [1, 1, 1, 1]).dataSync()[0]!;
const ends = (x: tf.Tensor): [number, number] => [at(x, 0), at(x, length - 1)];
const [[y], [dv, lastDv]] = [ends(value), ends(grads[2]!)];
console.log(JSON.stringify({ grown, y, dv, lastDv }));
