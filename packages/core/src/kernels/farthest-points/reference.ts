import * as tf from '@tensorflow/tfjs-core';
import { scope } from '../../memory.js';
import type { FarthestPointsAttrs, FarthestPointsInputs } from './spec.js';

export function farthestPoints({ x, start }: FarthestPointsInputs, { count }: FarthestPointsAttrs): tf.Tensor[] {
  const chosen = [start];
  let nearest: tf.Tensor | null = null;
  while (chosen.length < count) {
    const before: tf.Tensor | null = nearest;
    const [distances, farthest] = scope((): [tf.Tensor, tf.Tensor] => {
      const last = tf.gather(x, tf.expandDims(chosen.at(-1)!, 1) as tf.Tensor2D, 1, 1);
      const toLast = tf.sum(tf.square(tf.sub(x, last)), 2);
      const least = before === null ? toLast : tf.minimum(before, toLast);
      return [least, tf.argMax(least, 1)];
    });
    before?.dispose();
    nearest = distances;
    chosen.push(farthest);
  }
  return [tf.stack(chosen, 1)];
}
