import * as tf from '@tensorflow/tfjs-core';
import { functional, Generator, losses, normalTensor, uniformTensor, useBackend } from '@hourglass/core';
import { expectClose, expectGradient, expectValues, testBackends } from '@hourglass/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';

const { boxArea, boxIou, deformConv2d, generalizedBoxIou, nms, roiAlign } = functional;

describe.each(testBackends('wasm', 'cpu'))('boxes on %s', (backend) => {
  const generator = new Generator(4);

  beforeAll(async () => {
    await useBackend(backend);
  });

  function boxes(n: number): tf.Tensor {
    return tf.tidy(() => {
      const corner = uniformTensor([n, 2], 0, 5, generator);
      return tf.concat([corner, tf.add(corner, uniformTensor([n, 2], 1, 5, generator))], 1);
    });
  }

  it('overlap as areas say', () => {
    const a = tf.tensor2d([0, 0, 2, 2], [1, 4]);
    const b = tf.tensor2d([1, 1, 3, 3, 0, 0, 2, 2, 5, 5, 6, 6], [3, 4]);
    expectValues(boxArea(b), [4, 4, 1]);
    expectValues(boxIou(a, b), [1 / 7, 1, 0]);
    expectValues(generalizedBoxIou(a, b), [1 / 7 - 2 / 9, 1, -31 / 36]);
    const crossing = tf.tensor2d([0, 0, 3, 3, 0.5, 0.6, 1.5, 1.7], [2, 4]);
    expectGradient((x, y) => generalizedBoxIou(x, y), [crossing, tf.tensor2d([[1, 1.5, 5, 4.5]])]);
  });

  it('lose nothing when they agree, and more the farther they are', () => {
    const a = boxes(4);
    for (const loss of [losses.generalizedBoxIou, losses.distanceBoxIou, losses.completeBoxIou]) {
      expectValues(loss(a, a, { reduction: 'sum' }), [0], { atol: 1e-5 });
      expect(loss(a, a).shape).toEqual([4]);
      const [near, far] = [1, 50].map((by) => loss(a, tf.add(a, by), { reduction: 'mean' }).dataSync()[0]!);
      expect(near).toBeLessThan(far!);
    }
    // apart, nested and crossing, each away from the kinks where edges meet
    const first = tf.tensor2d([0, 0, 2, 2, 0, 0, 4, 5, 0, 0, 3, 3], [3, 4]);
    const second = tf.tensor2d([3, 4, 5, 5, 1, 1, 3, 3, 1, 1.5, 5, 4.5], [3, 4]);
    for (const loss of [losses.generalizedBoxIou, losses.distanceBoxIou]) {
      expectGradient((x, y) => loss(x, y), [first, second]);
    }
  });

  it('are suppressed by better ones of their class', () => {
    const all = tf.tensor2d([0, 0, 4, 4, 0, 0, 4, 3.9, 9, 9, 10, 10, 0, 0, 4, 4.1], [4, 4]);
    const scores = tf.tensor1d([0.5, 0.9, 0.1, 0.7]);
    expect([...nms(all, scores, 0.5).dataSync()]).toEqual([1, 2]);
    expect([...nms(all, scores, 0.99).dataSync()]).toEqual([1, 3, 0, 2]);
    expect([...nms(all, scores, 0.5, tf.tensor1d([0, 1, 0, 0], 'int32')).dataSync()]).toEqual([1, 3, 2]);
    expect(nms(tf.zeros([0, 4]), tf.zeros([0]), 0.5).shape).toEqual([0]);
    expect(() => nms(all, tf.zeros([3]), 0.5)).toThrow(/4 boxes need 4 scores/);
  });

  it('average a ramp to its value at the middle of each bin', () => {
    // value = 10 y + x, which bilinear samples reproduce
    const ramp = tf.add(
      tf.mul(tf.reshape(tf.range(0, 12), [1, 12, 1, 1]), 10),
      tf.reshape(tf.range(0, 10), [1, 1, 10, 1]),
    );
    const rois = tf.tensor2d([0, 2, 4, 6, 8], [1, 5]);
    for (const samplingRatio of [-1, 1, 3]) {
      const y = roiAlign(ramp, rois, { outputSize: [2, 4], samplingRatio });
      expect(y.shape).toEqual([1, 2, 4, 1]);
      expectValues(
        y,
        [5, 7].flatMap((row) => [2.5, 3.5, 4.5, 5.5].map((column) => 10 * row + column)),
      );
      const shifted = roiAlign(ramp, rois, { outputSize: [2, 4], samplingRatio, aligned: true });
      expectClose(shifted, tf.sub(y, 5.5));
    }
  });

  it('pool from the right pictures in the order of the boxes, differentiably', () => {
    const x = normalTensor([3, 6, 5, 2], 0, 1, generator);
    const rois = tf.tensor2d([2, 0, 0, 4, 4, 0, 1, 1, 3, 5, 2, -3, -2, 9, 9], [3, 5]);
    const all = roiAlign(x, rois, { outputSize: 2 });
    for (let k = 0; k < 3; k++) {
      expectClose(
        tf.slice(all, [k, 0, 0, 0], [1, 2, 2, 2]),
        roiAlign(x, tf.slice(rois, [k, 0], [1, 5]), { outputSize: 2 }),
      );
    }
    expectGradient((features) => roiAlign(features, rois, { outputSize: 2 }), [x]);
    expect(roiAlign(x, tf.zeros([0, 5]), { outputSize: [3, 2] }).shape).toEqual([0, 3, 2, 2]);
    expect(() => roiAlign(x, tf.tensor2d([[3, 0, 0, 1, 1]]), { outputSize: 2 })).toThrow(/image 3.*3 images/);
  });

  it('deformable convolution without offsets is convolution', () => {
    const x = normalTensor([2, 6, 5, 4], 0, 1, generator);
    const weight = normalTensor([3, 2, 4, 3], 0, 1, generator);
    const bias = normalTensor([3], 0, 1, generator);
    const plain = tf.conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, 1, 'valid');
    expectClose(deformConv2d(x, tf.zeros([2, 4, 4, 12]), weight, bias), tf.add(plain, bias), { atol: 1e-5 });
  });

  it('deformable convolution samples where the offsets say', () => {
    const x = tf.reshape(tf.range(0, 20), [1, 4, 5, 1]);
    const one = tf.ones([1, 1, 1, 1]);
    const offset = tf.tile(tf.tensor4d([0.5, 1.25], [1, 1, 1, 2]), [1, 4, 5, 1]);
    const y = deformConv2d(x, offset, one);
    expectValues(tf.slice(y, [0, 0, 0, 0], [1, 1, 3, 1]), [3.75, 4.75, 5.75]);
    // the last row reaches half into the zeros below
    expectValues(tf.slice(y, [0, 3, 0, 0], [1, 1, 1, 1]), [16.25 / 2]);
  });

  it('deformable convolution has the right gradients, with groups, mask and stride', () => {
    const [x, w] = [normalTensor([1, 5, 5, 4], 0, 1, generator), normalTensor([2, 2, 2, 2], 0, 1, generator)];
    // away from whole numbers, where bilinear interpolation has kinks
    const offset = tf.add(
      tf.round(normalTensor([1, 3, 3, 16], 0, 1, generator)),
      uniformTensor([1, 3, 3, 16], 0.2, 0.8, generator),
    );
    const mask = uniformTensor([1, 3, 3, 8], 0, 1, generator);
    const options = { stride: 2, padding: 1 };
    expectGradient((a, o, k, m) => deformConv2d(a, o, k, null, { ...options, mask: m! }), [x, offset, w, mask], {
      atol: 5e-3,
    });
    expect(() => deformConv2d(x, tf.zeros([1, 3, 3, 12]), w, null, options)).toThrow(
      /offset needs shape \[1, 3, 3, 8 G\]/,
    );
  });

  it('leave no tensor behind', () => {
    const x = normalTensor([1, 6, 5, 2], 0, 1, generator);
    const [rois, a, b] = [tf.tensor2d([[0, 0, 0, 4, 4]]), boxes(3), boxes(3)];
    const before = tf.memory().numTensors;
    tf.dispose(tf.grad((features: tf.Tensor) => roiAlign(features, rois, { outputSize: 2 }))(x));
    tf.dispose(tf.grads((p, q) => losses.completeBoxIou(p, q))([a, b]));
    tf.dispose(tf.grad((v: tf.Tensor) => deformConv2d(v, tf.zeros([1, 6, 5, 2]), tf.ones([1, 1, 2, 1])))(x));
    expect(tf.memory().numTensors).toBe(before);
  });
});
