import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { functional as F, Generator, useBackend } from '@hourglass/core';
import type { NativeBackend } from '../../src/index.js';

/** Makes tensors, computes with several families of kernels, reads and disposes: a digest of all the results' bits. */
export function cycle(): string {
  const generator = new Generator(3);
  const random = (shape: number[]): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => generator.normal()),
      shape,
    );
  const hash = createHash('sha256');
  tf.tidy(() => {
    const x = random([2, 8, 8, 16]);
    const step = tf.valueAndGrads((x: tf.Tensor, filter: tf.Tensor, w: tf.Tensor) => {
      const y = tf.relu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'));
      const rows = tf.reshape(y, [2, 64, 16]);
      const attended = F.scaledDotProductAttention(rows, rows, rows, { isCausal: true });
      return tf.sum(tf.square(tf.softmax(tf.matMul(attended, w))));
    });
    const { value, grads } = step([x, random([3, 3, 16, 16]), random([16, 40])]);
    for (const tensor of [value, ...grads]) hash.update(tensor.dataSync<'float32'>());
    // as large as what a cycle would leave behind is to show
    tf.fill([1 << 18], 1);
  });
  return hash.digest('hex');
}

/** What a worker is told: run so many cycles, keep going until the next message, or make tensors and leave them. */
export interface Task {
  readonly cycles: number;
  readonly leave: number;
}

/** What it answers after each message. */
export interface Answer {
  readonly digests: string[];
  readonly tensors: number;
  readonly fallbacks: number;
}

if (parentPort !== null && workerData === 'cycles') {
  const port = parentPort;
  await useBackend('native');
  port.on('message', ({ cycles, leave }: Task) => {
    const digests = new Set<string>();
    for (let i = 0; i < cycles; i++) digests.add(cycle());
    if (leave > 0) tf.keep(tf.fill([leave], 1));
    const backend = tf.backend() as NativeBackend;
    port.postMessage({
      digests: [...digests],
      tensors: tf.memory().numTensors,
      fallbacks: backend.fallbacks.size,
    } satisfies Answer);
  });
}
