import { Generator, normalTensor } from '@hourglass/core';
import { useTestBackend } from '@hourglass/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { EncodecModel } from '../../../src/index.js';

const isNative = process.env['HOURGLASS_TEST_BACKEND'] === 'native';

beforeAll(() => useTestBackend('wasm'));

/** Milliseconds that all threads of this process have worked. */
function worked(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

// the claim is of the native backend; other processes do not count, and one core would do
it.skipIf(!isNative)('EnCodec of its real size encodes and decodes a stream in less than its time', () => {
  const model = new EncodecModel({}, { generator: new Generator(1) }).eval();
  const [encoder, decoder] = [model.streamingEncoder({ codebooks: 8 }), model.streamingDecoder()];
  const piece = normalTensor([1, model.sampleRate / 5, 1], 0, 0.1, new Generator(2));
  let samples = 0;
  const take = (codes: tf.Tensor | null): void => {
    const sound = codes === null ? null : decoder.push(codes);
    sound?.dataSync();
    samples += sound?.shape[1] ?? 0;
    tf.dispose([codes, sound].filter((tensor) => tensor !== null));
  };
  take(encoder.push(piece));
  const start = worked();
  for (let i = 0; i < 15; i++) take(encoder.push(piece));
  const seconds = 3;
  expect((worked() - start) / 1000).toBeLessThan(seconds);
  take(encoder.end());
  expect(samples).toBe(16 * piece.shape[1]!);
  for (const owner of [encoder, decoder, piece, model]) owner.dispose();
});
