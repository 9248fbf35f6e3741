import * as tf from '@tensorflow/tfjs-core';

const readable = new Set(['cpu', 'wasm', 'tensorflow', 'native']);

/** True on backends whose memory can be read at once; on the others a look at values would stall the device, or is impossible. */
export function canRead(): boolean {
  return readable.has(tf.getBackend());
}
