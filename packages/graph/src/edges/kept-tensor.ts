import * as tf from '@tensorflow/tfjs-core';
import { scope } from '@hourglass/core';
import type { Disposable, EdgeIndex } from './edge-index.js';

interface Kept extends Disposable {
  readonly tensor: tf.Tensor;
}

/**
 * A tensor that follows from the edges alone: made at the first call, kept, and freed with them. Do not dispose it.
 *
 * @param key says what it is and with which settings, as for {@link EdgeIndex.derived}
 * @param make its operations are not differentiated
 */
export function keptTensor(edges: EdgeIndex, key: string, make: () => tf.Tensor): tf.Tensor {
  return edges.derived(key, (): Kept => {
    const tensor = tf.keep(scope(make));
    return { tensor, dispose: () => tensor.dispose() };
  }).tensor;
}
