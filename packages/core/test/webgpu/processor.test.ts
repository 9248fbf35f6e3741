import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@hourglass/core';
import { missingBackend } from '@hourglass/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const absent = await missingBackend('webgpu');

describe.skipIf(absent !== null)(
  `kernels that run on the processor${absent === null ? '' : ` (skipped: ${absent})`}`,
  () => {
    beforeAll(async () => void (await useBackend('webgpu')));
    beforeAll(() => tf.engine().startScope());
    afterAll(() => tf.engine().endScope());

    it('take what the GPU has computed, and give it what comes out', () => {
      const { values, indices } = tf.unique(tf.add(tf.tensor1d([2, 0, 2, 1]), 1));
      expect(Array.from(tf.square(values).dataSync())).toEqual([9, 1, 4]);
      expect(Array.from(indices.dataSync())).toEqual([0, 1, 0, 2]);
    });

    it('choose boxes', () => {
      const boxes = tf.tensor2d([0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, 2, 1, 3], [3, 4]);
      const scores = tf.tensor1d([0.6, 0.9, 0.8]);
      expect(Array.from(tf.image.nonMaxSuppression(boxes, scores, 3).dataSync())).toEqual([1, 2]);
      const padded = tf.image.nonMaxSuppressionPadded(boxes, scores, 4, 0.5, 0.1, true);
      expect(Array.from(padded['selectedIndices']!.dataSync())).toEqual([1, 2, 0]);
      expect(padded['validOutputs']!.dataSync()[0]).toBe(2);
    });

    it('take text', () => {
      const { values } = tf.string.stringSplit(tf.tensor1d(['a b', 'c'], 'string'), tf.scalar(' ', 'string')) as {
        values: tf.Tensor;
      };
      expect(values.dataSync<'string'>()).toEqual(['a', 'b', 'c']);
      const text = tf.concat([tf.tensor1d(['x'], 'string'), tf.tensor1d(['y'], 'string')]);
      expect(text.dataSync<'string'>()).toEqual(['x', 'y']);
    });

    it('leave nothing behind', () => {
      const x = tf.tensor1d([1, 1, 2]);
      const before = [tf.memory().numTensors, tf.memory().numDataBuffers];
      const { values, indices } = tf.unique(x);
      tf.dispose([values, indices]);
      expect([tf.memory().numTensors, tf.memory().numDataBuffers]).toEqual(before);
    });
  },
);
