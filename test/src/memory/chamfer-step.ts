// The Chamfer distance of two clouds of n points on the native backend, its gradients, and their nearest neighbours. Prints how far the process's
// memory grew at its peak, in bytes, and the distance.
import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, uniformTensor, useBackend } from '@hourglass/core';

const [points, k] = process.argv.slice(2).map(Number) as [number, number];
await useBackend('native');
const peak = (): number => process.resourceUsage().maxRSS * 1024;
const generator = new Generator(1);

function step(size: number): number {
  return tf.tidy(() => {
    const [a, b] = [uniformTensor([1, size, 3], 0, 1, generator), uniformTensor([1, size, 3], 0, 1, generator)];
    const { value, grads } = tf.valueAndGrads((a, b) => functional.chamferDistance(a!, b!))([a, b]);
    const near = tf.grads((a, b) => functional.knn(a!, b!, Math.min(k, size)).distances)([a, b]);
    for (const gradient of [...grads, ...near]) gradient.dataSync();
    return value.dataSync()[0]! as unknown as tf.TensorContainer;
  }) as unknown as number;
}

// whatever is loaded at the first call
step(8);
const before = peak();
const distance = step(points);
console.log(JSON.stringify({ grown: peak() - before, distance }));
